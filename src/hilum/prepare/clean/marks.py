"""Detecting annotations: connected components of the network's annotation probability."""

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

PIXEL = 0.3
"""Minimum probability of a pixel; connected pixels form one component."""

USUAL = 0.55
"""Minimum mean probability of a component."""

FEWEST = 50
"""Pixels of the smallest annotation at the network's resolution: seven by seven. Smaller components
are mostly spots of bone or vessel."""

SMALL, CERTAIN = 300, 0.8
"""A component of at most this many pixels, at the network's resolution, is also accepted if the
close-up pass gives it at least this mean probability: the far pass misses small arrows altogether,
which lowers their mean."""

LARGE, SURE = 0.02, 0.76
"""A component larger than this share of the picture needs at least this mean probability."""

STEP, WITHIN, EDGED = 40, 3, 0.75
"""The border of a large component must have a step of this many grey levels within this many
pixels, along this share of its length: drawn shapes end there, white tissue and dark lungs
continue.

SURE and EDGED lie midway between tissue on `develop` of benchmarks/clean.py (at most 0.72 and, if
flat, 0.49) and drawn shapes (at least 0.81 and 0.95). With the current weights, tissue reaches a
probability of at most 0.64 and drawn shapes at least 0.90."""

ACROSS = 0.9
"""Share of the picture's width or height; a longer component is a margin or the couch."""

GROWN = 1
"""Pixels, at the network's resolution, by which annotations are dilated: their blurred edges."""


def find_marks(pixels: Pixels) -> Mask:
    """Return the mask (rows, columns) bool of annotations.

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
class _Components:
    """Connected components of likely pixels; component 0 is the background.

    Attributes:
        number: (rows, columns) int32, the component of each pixel.
        wide, high, size: width, height and area of each component in pixels.
        mean: mean probability of each component.
        eligible: whether each component is neither the background nor too small.
    """

    number: npt.NDArray[np.int32]
    wide: npt.NDArray[np.int32]
    high: npt.NDArray[np.int32]
    size: npt.NDArray[np.int32]
    mean: npt.NDArray[np.float64]
    eligible: Mask


def _components(probability: npt.NDArray[np.float32]) -> _Components:
    """Return the connected components of likely pixels."""
    likely = (probability >= PIXEL).astype(np.uint8)
    count, number, boxes, _ = cv2.connectedComponentsWithStats(likely, connectivity=8)
    wide, high, size = boxes[:, 2], boxes[:, 3], boxes[:, 4]
    mean = np.bincount(number.ravel(), probability.ravel(), count) / np.maximum(size, 1)
    eligible = (size >= FEWEST) & (np.arange(count) > 0)
    return _Components(number, wide, high, size, mean, eligible)


def _annotations(probability: npt.NDArray[np.float32], pixels: Pixels) -> Mask:
    """Return the mask of components that are likely and large enough, and no margin."""
    components = _components(probability)
    rows, columns = probability.shape
    large = components.size > LARGE * probability.size
    accepted = components.eligible & (components.mean >= np.where(large, SURE, USUAL))
    accepted &= (components.wide < ACROSS * columns) & (components.high < ACROSS * rows)
    for number in np.flatnonzero(accepted & large):
        accepted[number] = _edged(pixels, (components.number == number).astype(np.uint8)) >= EDGED
    return np.asarray(accepted[components.number])


def _small(near: npt.NDArray[np.float32]) -> Mask:
    """Return the mask of small components of which the close-up pass is certain."""
    components = _components(near)
    accepted = components.eligible & (components.size <= SMALL) & (components.mean >= CERTAIN)
    return np.asarray(accepted[components.number])


def _edged(pixels: Pixels, component: npt.NDArray[np.uint8]) -> float:
    """Return the share of a component's border along which there is a step in grey level."""
    grey = cv2.resize(grey_of(pixels), component.shape[::-1], interpolation=cv2.INTER_AREA)
    border = (component > 0) & (cv2.erode(component, np.ones((3, 3))) == 0)
    near = np.ones((2 * WITHIN + 1, 2 * WITHIN + 1))
    step = cv2.subtract(cv2.dilate(grey, near), cv2.erode(grey, near))
    return float((step[border] > STEP).mean()) if border.any() else 0.0
