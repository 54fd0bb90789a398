"""Coloured annotations: CT is grey, so that a colour of its own in a slice was drawn there."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

__all__ = ["find_coloured"]

Pixels = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]

SURE, PART = 70, 28
"""Levels by which red less green or blue less green differs from the picture's own tint: somewhere
in an annotation, and at its faded edges (JPEG halves the resolution of colours)."""

MOST_SHARE = 0.15
"""Of the picture: where more of it is coloured it is a colour picture, such as PET over CT."""

ACROSS = 0.9
"""Of the longer side: a coloured line along a whole edge was left by cutting."""

FEWEST = 6
"""Pixels of the smallest annotation."""


def find_coloured(pixels: Pixels) -> Mask:
    """Return the pixels (rows, columns) bool of coloured annotations; none in a grey picture.

    The tint is the median over the picture, so that a slice printed in one colour has none.
    """
    if pixels.ndim == 2:
        return np.zeros(pixels.shape, dtype=bool)
    channels = pixels.astype(np.int16)
    differences = channels[..., ::2] - channels[..., 1:2]
    tint = np.median(differences.reshape(-1, 2), axis=0)
    strength = np.abs(differences - tint).max(axis=2)
    likely = (strength >= PART).astype(np.uint8)
    count, parts, boxes, _ = cv2.connectedComponentsWithStats(likely, connectivity=8)
    kept = np.bincount(parts[strength >= SURE], minlength=count) > 0
    kept &= boxes[:, 4] >= FEWEST
    kept &= boxes[:, 2:4].T.max(axis=0) < ACROSS * max(pixels.shape[:2])
    kept[0] = False
    found = kept[parts]
    return found if found.mean() <= MOST_SHARE else np.zeros_like(found)
