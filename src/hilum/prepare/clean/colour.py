"""Detecting coloured annotations: CT is grey, so a locally different colour was drawn."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

__all__ = ["find_coloured"]

Pixels = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]

CORE, EDGE = 70, 28
"""Levels by which red minus green or blue minus green differs from the picture's tint: inside an
annotation, and at its faded edges (JPEG halves the resolution of colours)."""

MOST_SHARE = 0.15
"""Share of the picture; with more colour it is a colour picture, such as PET over CT."""

ACROSS = 0.9
"""Share of the longer side; a coloured line along a whole edge is left over from cropping."""

FEWEST = 6
"""Size in pixels of the smallest annotation."""


def find_coloured(pixels: Pixels) -> Mask:
    """Return the mask (rows, columns) bool of coloured annotations; empty for a grey picture.

    The tint is the median over the picture, so a slice printed in one colour has no annotations.
    """
    if pixels.ndim == 2:
        return np.zeros(pixels.shape, dtype=bool)
    channels = pixels.astype(np.int16)
    differences = channels[..., ::2] - channels[..., 1:2]
    tint = np.median(differences.reshape(-1, 2), axis=0)
    strength = np.abs(differences - tint).max(axis=2)
    likely = (strength >= EDGE).astype(np.uint8)
    count, components, boxes, _ = cv2.connectedComponentsWithStats(likely, connectivity=8)
    is_annotation = np.bincount(components[strength >= CORE], minlength=count) > 0
    is_annotation &= boxes[:, 4] >= FEWEST
    is_annotation &= boxes[:, 2:4].T.max(axis=0) < ACROSS * max(pixels.shape[:2])
    is_annotation[0] = False
    found = is_annotation[components]
    return found if found.mean() <= MOST_SHARE else np.zeros_like(found)
