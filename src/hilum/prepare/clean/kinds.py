"""What was found, in words: light, dark and coloured annotations, and frames."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

__all__ = ["FRAME", "KINDS", "kinds_of"]

COLOURED, LIGHT, DARK, FRAME = "coloured", "light", "dark", "frame"
KINDS = (COLOURED, LIGHT, DARK, FRAME)
"""Annotations in colour, brighter or darker than what they cover, and frames along the edge."""

COLOUR_SPREAD = 60
"""Levels between the strongest and the weakest channel: JPEG and tints stay below it."""

MIDDLE = 128
"""Annotations are mostly white or black: their own grey level tells which."""


def kinds_of(pixels: npt.NDArray[np.uint8], marks: npt.NDArray[np.bool_]) -> tuple[str, ...]:
    """Return which of coloured, light and dark annotations `marks` holds, in that order.

    Args:
        pixels: (rows, columns) or (rows, columns, 3) uint8.
        marks: (rows, columns) bool; each connected part is one annotation.
    """
    count, parts = cv2.connectedComponents(marks.astype(np.uint8), connectivity=8)
    level = pixels if pixels.ndim == 2 else pixels.mean(axis=2)
    spread = np.zeros(marks.shape) if pixels.ndim == 2 else np.ptp(pixels, axis=2)
    places = parts.ravel()
    pixels_of = np.maximum(np.bincount(places, minlength=count), 1)
    mean_spread = np.bincount(places, spread.ravel(), count) / pixels_of
    mean_level = np.bincount(places, np.asarray(level, dtype=float).ravel(), count) / pixels_of
    coloured = mean_spread > COLOUR_SPREAD
    found = {
        COLOURED: coloured[1:].any(),
        LIGHT: (~coloured & (mean_level >= MIDDLE))[1:].any(),
        DARK: (~coloured & (mean_level < MIDDLE))[1:].any(),
    }
    return tuple(kind for kind, there in found.items() if there)
