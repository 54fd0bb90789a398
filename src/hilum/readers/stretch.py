"""Grey levels for stored values that have no agreed scale: 16-bit pictures, MR, X-ray."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["HIGH_PERCENTILE", "LOW_PERCENTILE", "robust_range", "stretch"]

LOW_PERCENTILE, HIGH_PERCENTILE = 0.5, 99.5
"""Black and white lie at these percentiles of the file's own values.

The full range of 16 bits would leave a 12-bit slice near black, and plain minimum and maximum
let one hot pixel or a metal clip do the same.
"""


def robust_range(values: npt.NDArray[Any]) -> tuple[float, float]:
    """Return the values (any shape) that become black and white; equal only for a constant.

    Where more than 99 % of the pixels share one value, minimum and maximum are taken instead.
    Values that are not finite don't count.
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

    Linear and clipped; a range without width gives 0 everywhere; what is not a number is 0.
    """
    low, high = value_range
    if high <= low:
        return np.zeros(values.shape, np.uint8)
    exact = np.dtype(np.float32 if values.dtype.itemsize <= 2 else np.float64)  # saves memory
    scaled: npt.NDArray[np.floating] = (values.astype(exact) - low) * (255.0 / (high - low))
    scaled = np.nan_to_num(scaled, nan=0.0, posinf=255.0, neginf=0.0)
    grey: npt.NDArray[np.uint8] = np.clip(np.rint(scaled), 0, 255).astype(np.uint8)
    return grey
