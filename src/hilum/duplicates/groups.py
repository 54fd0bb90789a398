"""Groups joined where near-duplicates tie them together."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from hilum.duplicates.union_find import Forest

__all__ = ["merge_groups"]


def merge_groups(groups: Sequence[str], clusters: npt.NDArray[np.int64]) -> list[str]:
    """Return the group of each slice after no cluster lies in several groups any more.

    Args:
        groups: the group of each of n slices.
        clusters: (n,) int64, the near-duplicates' cluster of each (Duplicates.clusters).

    Returns:
        n names; groups that were joined go by the name of the one that comes first.
    """
    first_of: dict[str, int] = {}
    for place, group in enumerate(groups):
        first_of.setdefault(group, place)
    forest = Forest(len(groups))
    for place, (group, cluster) in enumerate(zip(groups, clusters.tolist(), strict=True)):
        forest.join([place, first_of[group], cluster])
    return [groups[root] for root in forest.groups().tolist()]
