"""Merging groups that share near-duplicates."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

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
    count = len(groups)
    others = np.concatenate([[first_of[group] for group in groups], clusters]).astype(np.int64)
    edges = coo_array((np.ones(2 * count), (np.tile(np.arange(count), 2), others)), (count, count))
    _, components = connected_components(edges, directed=False)
    _, first, component = np.unique(components, return_index=True, return_inverse=True)
    return [groups[index] for index in first[component].tolist()]
