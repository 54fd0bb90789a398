"""How closely two characteristics go together."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["cramers_v"]


def cramers_v(counts: npt.NDArray[np.float64]) -> float:
    """Return Cramér's V of a table of counts: 0 no association, 1 the one tells the other."""
    smaller = min(counts.shape) - 1
    if smaller == 0:
        return 0.0
    total = counts.sum()
    expected = counts.sum(axis=1, keepdims=True) * counts.sum(axis=0, keepdims=True) / total
    return float(np.sqrt(((counts - expected) ** 2 / expected).sum() / total / smaller))
