"""Where the lungs of slices are, as the masking matrix shows them and blacks them out."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from hilum.prepare.lungs import find_lungs
from hilum.processes import share_of_cores

__all__ = ["CENTRE", "LungRegions", "lung_regions"]

Grey = npt.NDArray[np.uint8]
Flags = npt.NDArray[np.bool_]

AROUND = 0.03
"""How far the lungs are widened, as a share of the side: disease at the pleura is bright, and may
stay outside."""
CENTRE = 0.6
"""Side of the square in the middle, which stands for lungs that aren't found, as a share of the
picture's."""


class LungRegions(NamedTuple):
    """The lungs of n slices.

    Attributes:
        inside: (n, size, size) bool: the lungs, widened.
        hull: (n, size, size) bool: their convex hull, widened, mediastinum included. Blacked out,
            it hides the outline of the lungs too, which disease changes.
        found: (n,) bool: whether lungs were found. Where not, the square in the centre is both.
    """

    inside: Flags
    hull: Flags
    found: Flags


def lung_regions(grey: Grey) -> LungRegions:
    """Find the lungs of slices, on as many threads as this process has cores.

    Args:
        grey: (n, size, size) uint8, stretched to a square or not.
    """
    inside, hull = np.zeros((2, *grey.shape), dtype=bool)
    with ThreadPoolExecutor(share_of_cores()) as pool:
        masks = list(pool.map(lambda one: find_lungs(one).mask, grey))
    for row, mask in enumerate(masks):
        part = mask if mask.any() else _centre(grey.shape[1])
        inside[row], hull[row] = _widened(part), _widened(_hull(part))
    return LungRegions(inside, hull, np.array([mask.any() for mask in masks], dtype=bool))


def _centre(size: int) -> Flags:
    """Return the square in the middle of a picture."""
    edge = round((1 - CENTRE) / 2 * size)
    square = np.zeros((size, size), dtype=bool)
    square[edge : size - edge, edge : size - edge] = True
    return square


def _hull(mask: Flags) -> Flags:
    """Return the convex hull of a mask that is not empty."""
    hull = np.zeros(mask.shape, dtype=np.uint8)
    cv2.fillConvexPoly(hull, cv2.convexHull(cv2.findNonZero(mask.astype(np.uint8))), 1)
    return np.asarray(hull > 0, dtype=bool)


def _widened(mask: Flags) -> Flags:
    """Return a mask, larger by a share of the side."""
    reach = 2 * round(AROUND * mask.shape[0]) + 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach))
    return np.asarray(cv2.dilate(mask.astype(np.uint8), disc) > 0, dtype=bool)
