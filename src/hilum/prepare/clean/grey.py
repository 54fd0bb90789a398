"""Grey levels of a picture that may be in colour."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

__all__ = ["grey_of"]

Pixels = npt.NDArray[np.uint8]


def grey_of(pixels: Pixels) -> Pixels:
    """Return (rows, columns) uint8: luma of red, green, blue (ITU-R BT.601), or what is grey."""
    if pixels.ndim == 2:
        return pixels
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), dtype=np.uint8)
