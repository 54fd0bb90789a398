"""Groups that grow together: a union-find forest over numbers."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["Forest"]

Numbers = npt.NDArray[np.int64]


class Forest:
    """`count` things, each at first a group of its own; what is joined stays joined.

    A group goes by its smallest member, so that the result does not depend on the order of
    joining.
    """

    def __init__(self, count: int) -> None:
        self._parent: Numbers = np.arange(count, dtype=np.int64)

    def roots(self, members: npt.ArrayLike) -> Numbers:
        """Return the smallest member of the group of each of `members`."""
        asked = np.asarray(members, dtype=np.int64)
        found = self._parent[asked]
        while True:
            above = self._parent[found]
            if np.array_equal(above, found):
                break
            found = above
        self._parent[asked] = found
        return found

    def join(self, members: npt.ArrayLike) -> None:
        """Make one group of the groups of `members`."""
        roots = self.roots(members)
        self._parent[roots] = roots.min()

    def groups(self) -> Numbers:
        """Return the group of everything, (count,) int64: its smallest member."""
        return self.roots(np.arange(len(self._parent)))
