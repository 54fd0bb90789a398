"""How closely two characteristics go together."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["corrected_v", "cramers_v"]

Counts = npt.NDArray[np.float64]


def cramers_v(counts: Counts) -> float:
    """Return Cramér's V of a table of counts: 0 no association, 1 the one tells the other."""
    if min(counts.shape) < 2:
        return 0.0
    from scipy.stats.contingency import association  # half a second, and predicting imports this

    return float(association(counts.astype(np.int64), method="cramer"))


def corrected_v(counts: Counts) -> float:
    """Return Cramér's V without what chance alone gives it, 0 ... 1.

    Of many values that occur a few times each, every one belongs to one class by chance: with
    slices of all different sizes the plain V is 1. The correction (Bergsma 2013, Journal of the
    Korean Statistical Society 42:323, equations 7 to 9) takes away what is expected of an
    association that isn't there.

    Args:
        counts: (values, classes), no row or column without any.
    """
    total = counts.sum()
    if total < 2 or min(counts.shape) < 2:
        return 0.0
    rows, columns = (side - (side - 1) ** 2 / (total - 1) for side in counts.shape)
    expected = (counts.shape[0] - 1) * (counts.shape[1] - 1) / (total - 1)
    left, most = max(0.0, _phi_squared(counts) - expected), min(rows, columns) - 1
    return min(1.0, float(np.sqrt(left / most))) if most > 0 else 0.0


def _phi_squared(counts: Counts) -> float:
    """Return the chi-squared statistic over the number that was counted."""
    total = counts.sum()
    expected = counts.sum(axis=1, keepdims=True) * counts.sum(axis=0, keepdims=True) / total
    return float(((counts - expected) ** 2 / expected).sum() / total)
