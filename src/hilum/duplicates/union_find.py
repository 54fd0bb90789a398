"""Union-find: disjoint sets of numbers that are merged one after another."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["UnionFind"]

Numbers = npt.NDArray[np.int64]


class UnionFind:
    """Disjoint sets of the numbers 0 to `count` - 1, each number in a set of its own at first.

    A set is named by its smallest member, so that the result does not depend on the order of
    joining.
    """

    def __init__(self, count: int) -> None:
        self._parent: Numbers = np.arange(count, dtype=np.int64)

    def roots(self, members: npt.ArrayLike) -> Numbers:
        """Return the smallest member of the set of each of `members`."""
        queried = np.asarray(members, dtype=np.int64)
        found = self._parent[queried]
        while True:
            above = self._parent[found]
            if np.array_equal(above, found):
                break
            found = above
        self._parent[queried] = found
        return found

    def join(self, members: npt.ArrayLike) -> None:
        """Merge the sets of `members`."""
        roots = self.roots(members)
        self._parent[roots] = roots.min()

    def groups(self) -> Numbers:
        """Return the smallest member of the set of every number, (count,) int64."""
        return self.roots(np.arange(len(self._parent)))
