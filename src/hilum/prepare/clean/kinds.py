"""Kinds of annotations: light, dark, coloured, and frames."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

__all__ = ["FRAME", "KINDS", "kinds_of"]

COLOURED, LIGHT, DARK, FRAME = "coloured", "light", "dark", "frame"
KINDS = (COLOURED, LIGHT, DARK, FRAME)
"""Annotations in colour, brighter or darker than their surroundings, and frames at the edge."""

COLOUR_SPREAD = 60
"""Difference between strongest and weakest channel; JPEG and tints stay below it."""

MIDDLE = 128
"""Annotations are mostly white or black; their mean grey level decides."""


def kinds_of(pixels: npt.NDArray[np.uint8], marks: npt.NDArray[np.bool_]) -> tuple[str, ...]:
    """Return the kinds of annotations in `marks`, in the order coloured, light, dark.

    Args:
        pixels: (rows, columns) or (rows, columns, 3) uint8.
        marks: (rows, columns) bool; each connected component is one annotation.
    """
    count, components = cv2.connectedComponents(marks.astype(np.uint8), connectivity=8)
    level = pixels if pixels.ndim == 2 else pixels.mean(axis=2)
    spread = np.zeros(marks.shape) if pixels.ndim == 2 else np.ptp(pixels, axis=2)
    labels = components.ravel()
    pixels_of = np.maximum(np.bincount(labels, minlength=count), 1)
    mean_spread = np.bincount(labels, spread.ravel(), count) / pixels_of
    mean_level = np.bincount(labels, np.asarray(level, dtype=float).ravel(), count) / pixels_of
    coloured = mean_spread > COLOUR_SPREAD
    present = {
        COLOURED: coloured[1:].any(),
        LIGHT: (~coloured & (mean_level >= MIDDLE))[1:].any(),
        DARK: (~coloured & (mean_level < MIDDLE))[1:].any(),
    }
    return tuple(kind for kind, is_present in present.items() if is_present)
