"""Grey levels of a picture in grey or colour."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

__all__ = ["grey_of"]

Pixels = npt.NDArray[np.uint8]


def grey_of(pixels: Pixels) -> Pixels:
    """Return (rows, columns) uint8: the luma of a colour picture (ITU-R BT.601)."""
    if pixels.ndim == 2:
        return pixels
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), dtype=np.uint8)
