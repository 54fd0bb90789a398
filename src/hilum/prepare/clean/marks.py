"""Finding annotations: where the network is sure of one, and what hangs together with it."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from hilum.prepare.clean.probability import annotation_probability

__all__ = ["find_marks"]

Pixels = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]

SURE = 0.8
"""An annotation has at least one pixel of this probability."""

PART = 0.4
"""Pixels of at least this probability that touch a sure one belong to it."""

FEWEST = 8
"""Pixels of the smallest annotation, at the size that the network sees: fewer are noise."""

GROWN = 1
"""Pixels by which annotations are widened, at that size: the blur of their edges."""


def find_marks(pixels: Pixels) -> Mask:
    """Return the pixels (rows, columns) bool of annotations.

    Args:
        pixels: (rows, columns) or (rows, columns, 3) uint8.
    """
    probability, scale = annotation_probability(pixels)
    likely = probability >= PART
    parts, counted = _parts(likely)
    sure = np.bincount(parts[probability >= SURE], minlength=len(counted)) > 0
    kept = sure & (counted >= FEWEST)
    kept[0] = False
    found = kept[parts].astype(np.uint8)
    side = 2 * GROWN + 1
    grown = cv2.dilate(found, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)))
    if scale == 1:
        return np.asarray(grown > 0)
    full = cv2.resize(grown * np.float32(1), (pixels.shape[1], pixels.shape[0]))
    return np.asarray(full > 0.5)


def _parts(likely: Mask) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int64]]:
    """Return the number of the connected part of each pixel, and how many pixels each has."""
    count, parts = cv2.connectedComponents(likely.astype(np.uint8), connectivity=8)
    return parts, np.bincount(parts.ravel(), minlength=count)
