"""Merging groups that share near-duplicates."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from hilum.duplicates.union_find import UnionFind

__all__ = ["merge_groups"]


def merge_groups(groups: Sequence[str], clusters: npt.NDArray[np.int64]) -> list[str]:
    """Return the group of each slice after merging groups until no cluster spans two.

    Args:
        groups: the group of each of n slices.
        clusters: (n,) int64, the near-duplicate cluster of each (Duplicates.clusters).

    Returns:
        n names; merged groups take the name of the one that comes first.
    """
    first_of: dict[str, int] = {}
    for index, group in enumerate(groups):
        first_of.setdefault(group, index)
    merged = UnionFind(len(groups))
    for index, (group, cluster) in enumerate(zip(groups, clusters.tolist(), strict=True)):
        merged.join([index, first_of[group], cluster])
    return [groups[root] for root in merged.groups().tolist()]
