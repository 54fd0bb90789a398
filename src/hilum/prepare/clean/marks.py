"""Finding annotations: what the network takes for one, and hangs together."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from hilum.prepare.clean.grey import grey_of
from hilum.prepare.clean.probability import annotation_probability

__all__ = ["find_marks"]

Pixels = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]

PART = 0.3
"""Pixels of at least this probability that touch each other are one annotation."""

USUAL = 0.55
"""Probability of its pixels on average, at the least."""

FEWEST = 50
"""Pixels of the smallest annotation, at the size that the network sees: seven by seven. What is
smaller is mostly a spot of bone or vessel."""

SMALL, CERTAIN = 300, 0.8
"""Pixels of a part, at that size, up to which it is also kept where it is so probable from near:
from far small arrows are not seen at all, which brings their mean down."""

LARGE, SURE = 0.02, 0.76
"""Of the picture: larger parts must be at least this probable on average."""

STEP, WITHIN, EDGED = 40, 3, 0.75
"""Grey levels between which there must be a step within so many pixels of the border of a large
part, and along which share of it: what is drawn ends there, flat white tissue and dark lungs go on.

SURE and EDGED were chosen as the middle between what is tissue on `develop` of benchmarks/clean.py
(at most 0.72 and, where flat, 0.49) and what is drawn (at least 0.81 and 0.95). With the weights
of now tissue is probable by at most 0.64, and what is drawn by 0.90."""

ACROSS = 0.9
"""Of the picture's width or height: what reaches so far is a margin or the couch, no annotation."""

GROWN = 1
"""Pixels by which annotations are widened, at that size: the blur of their edges."""


def find_marks(pixels: Pixels) -> Mask:
    """Return the pixels (rows, columns) bool of annotations.

    Args:
        pixels: (rows, columns) or (rows, columns, 3) uint8.
    """
    probable = annotation_probability(pixels)
    found = (_annotations(probable.mean, pixels) | _small(probable.near)).astype(np.uint8)
    side = 2 * GROWN + 1
    grown = cv2.dilate(found, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)))
    if probable.scale == 1:
        return np.asarray(grown > 0)
    full = cv2.resize(grown * np.float32(1), (pixels.shape[1], pixels.shape[0]))
    return np.asarray(full > 0.5)


@dataclass(frozen=True)
class _Parts:
    """What is likely and hangs together; the first part is all the rest.

    Attributes:
        number: (rows, columns) int32, which part each pixel belongs to.
        wide, high, size: of each part in pixels.
        mean: of each part, the probability of its pixels.
        visible: of each part, whether it is one, and not too small.
    """

    number: npt.NDArray[np.int32]
    wide: npt.NDArray[np.int32]
    high: npt.NDArray[np.int32]
    size: npt.NDArray[np.int32]
    mean: npt.NDArray[np.float64]
    visible: Mask


def _parts(probability: npt.NDArray[np.float32]) -> _Parts:
    """Part what is likely into what hangs together."""
    likely = (probability >= PART).astype(np.uint8)
    count, number, boxes, _ = cv2.connectedComponentsWithStats(likely, connectivity=8)
    wide, high, size = boxes[:, 2], boxes[:, 3], boxes[:, 4]
    mean = np.bincount(number.ravel(), probability.ravel(), count) / np.maximum(size, 1)
    visible = (size >= FEWEST) & (np.arange(count) > 0)
    return _Parts(number, wide, high, size, mean, visible)


def _annotations(probability: npt.NDArray[np.float32], pixels: Pixels) -> Mask:
    """Return the connected parts that are likely enough, large enough, and no margin."""
    parts = _parts(probability)
    rows, columns = probability.shape
    large = parts.size > LARGE * probability.size
    kept = parts.visible & (parts.mean >= np.where(large, SURE, USUAL))
    kept &= (parts.wide < ACROSS * columns) & (parts.high < ACROSS * rows)
    for number in np.flatnonzero(kept & large):
        kept[number] = _edged(pixels, (parts.number == number).astype(np.uint8)) >= EDGED
    return np.asarray(kept[parts.number])


def _small(near: npt.NDArray[np.float32]) -> Mask:
    """Return the small connected parts of which the look from near is certain."""
    parts = _parts(near)
    kept = parts.visible & (parts.size <= SMALL) & (parts.mean >= CERTAIN)
    return np.asarray(kept[parts.number])


def _edged(pixels: Pixels, part: npt.NDArray[np.uint8]) -> float:
    """Return along which share of a part's border the grey level makes a step."""
    grey = cv2.resize(grey_of(pixels), part.shape[::-1], interpolation=cv2.INTER_AREA)
    border = (part > 0) & (cv2.erode(part, np.ones((3, 3))) == 0)
    near = np.ones((2 * WITHIN + 1, 2 * WITHIN + 1))
    step = cv2.subtract(cv2.dilate(grey, near), cv2.erode(grey, near))
    return float((step[border] > STEP).mean()) if border.any() else 0.0
