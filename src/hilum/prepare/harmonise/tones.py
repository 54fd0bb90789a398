"""Grey levels anchored on two tissues: aerated lung, and the soft tissue around the lungs."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

__all__ = ["AERATED", "TISSUE", "anchored"]

Grey = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]

AERATED, TISSUE = 40, 220
"""Grey levels that aerated lung and soft tissue get; what is brighter becomes TISSUE."""
HEALTHY = 20
"""Percentile of the grey levels in the lungs that is aerated lung in most diseased ones, too."""
RING = 0.08
"""Width of the ring around the lungs, as a share of the picture's side."""
LEAST_SPREAD = 10
"""Grey levels between lung and tissue below which the picture is left as it is."""


def anchored(picture: Grey, lungs: Mask) -> Grey:
    """Return a picture in which aerated lung is AERATED and soft tissue TISSUE, linear between.

    Args:
        picture: (rows, columns) uint8.
        lungs: (rows, columns) bool.
    """
    if not lungs.any():
        return picture
    reach = 2 * round(RING * min(picture.shape)) + 1
    wide = cv2.dilate(lungs.astype(np.uint8), np.ones((reach, reach), np.uint8)) > 0
    ring = picture[wide & ~lungs]
    if not ring.size:
        return picture
    low = float(np.percentile(picture[lungs], HEALTHY))
    bright = ring[ring > (low + float(ring.max())) / 2]
    high = float(np.median(bright)) if bright.size else low
    if high - low < LEAST_SPREAD:
        return picture
    levels = AERATED + (np.arange(256) - low) * (TISSUE - AERATED) / (high - low)
    table = np.rint(np.clip(levels, 0, TISSUE)).astype(np.uint8)
    return np.asarray(table[picture], dtype=np.uint8)
