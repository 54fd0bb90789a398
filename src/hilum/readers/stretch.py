"""Grey levels for stored values without a common scale: 16-bit pictures, MR, X-ray."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["HIGH_PERCENTILE", "LOW_PERCENTILE", "robust_range", "stretch"]

LOW_PERCENTILE, HIGH_PERCENTILE = 0.5, 99.5
"""Percentiles of the file's values that become black and white.

With the full 16-bit range a 12-bit slice would be nearly black, and with minimum and maximum so
would a slice with one hot pixel or a metal clip.
"""


def robust_range(values: npt.NDArray[Any]) -> tuple[float, float]:
    """Return the values (any shape) that become black and white; equal only for a constant.

    If more than 99 % of the pixels have the same value, minimum and maximum are used instead.
    Values that are not finite are ignored.
    """
    finite = values[np.isfinite(values)]
    if finite.size == 0:
        return 0.0, 0.0
    low, high = (float(v) for v in np.percentile(finite, (LOW_PERCENTILE, HIGH_PERCENTILE)))
    if low == high:
        low, high = float(finite.min()), float(finite.max())
    return low, high


def stretch(values: npt.NDArray[Any], value_range: tuple[float, float]) -> npt.NDArray[np.uint8]:
    """Return `values` (any shape) as uint8: 0 at the range's low end, 255 at its high end.

    Linear and clipped; an empty range gives 0 everywhere, and NaN gives 0.
    """
    low, high = value_range
    if high <= low:
        return np.zeros(values.shape, np.uint8)
    exact = np.dtype(np.float32 if values.dtype.itemsize <= 2 else np.float64)  # saves memory
    scaled: npt.NDArray[np.floating] = (values.astype(exact) - low) * (255.0 / (high - low))
    scaled = np.nan_to_num(scaled, nan=0.0, posinf=255.0, neginf=0.0)
    grey: npt.NDArray[np.uint8] = np.clip(np.rint(scaled), 0, 255).astype(np.uint8)
    return grey
