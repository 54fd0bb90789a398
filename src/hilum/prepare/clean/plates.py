"""Detecting white and black rectangles behind captions and panel letters, and scale bars."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from hilum.prepare.clean.grey import grey_of

__all__ = ["RIM", "find_plates"]

Pixels = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]

WHITE, BLACK = 235, 20
"""Smallest level of a white plate and largest of a black one; JPEG leaves neither clean."""

LEAST_AREA, MOST_AREA = 60, 0.25
"""Pixels, and share of the picture; smaller plates are left to the network, larger are panels."""

WIDEST = 0.9
"""Share of the picture's width and height; a longer rectangle is a margin."""

UNBROKEN, STEEP, SHARP = 0.9, 0.9, 25
"""Minimum share of the pixels just inside an edge that have the plate's level, and of those just
outside that differ from it by SHARP grey levels: tissue has no such edges on all four sides."""

BLUR = 3
"""Number of lines over which an edge may be blurred."""

RIM = 3
"""Lines around a plate that its blurred edge has altered and that would tint the filling."""


def find_plates(pixels: Pixels) -> Mask:
    """Return the mask (rows, columns) bool of rectangles, including the text printed on them.

    Each side is straight and steep; up to three may lie on the picture's edge.
    """
    grey = grey_of(pixels)
    mask = np.zeros(grey.shape, dtype=bool)
    for level in (grey, 255 - grey):
        flat = (level >= (WHITE if level is grey else 255 - BLACK)).astype(np.uint8)
        _, _, boxes, _ = cv2.connectedComponentsWithStats(flat, connectivity=4)
        for left, top, wide, high, area in boxes[1:]:
            if area >= LEAST_AREA / 2 and _is_plate(level, flat, (left, top, wide, high)):
                rows = slice(max(top - RIM, 0), top + high + RIM)
                mask[rows, max(left - RIM, 0) : left + wide + RIM] = True
    return mask


def _is_plate(level: Pixels, flat: Pixels, box: tuple[int, int, int, int]) -> bool:
    """Return whether the box of a flat component is filled up to its edges, which are steep."""
    left, top, wide, high = box
    rows, columns = level.shape
    size = wide * high
    if not LEAST_AREA <= size <= MOST_AREA * level.size or min(wide, high) < 3:
        return False
    if wide > WIDEST * columns or high > WIDEST * rows:
        return False
    inside, outside = [], []
    for flipped, levels, first, start, length in (
        (flat, level, top, left, wide),
        (flat[::-1], level[::-1], rows - top - high, left, wide),
        (flat.T, level.T, left, top, high),
        (flat.T[::-1], level.T[::-1], columns - left - wide, top, high),
    ):
        here = slice(start, start + length)
        inside.append(max(flipped[line, here].mean() for line in (first, first + 1)))
        if first:  # after downscaling, the adjacent line is half plate
            beyond = levels[max(first - BLUR, 0), here].astype(int)
            outside.append((levels[first + 1, here] - beyond >= SHARP).mean())
    return bool(outside) and min(inside) >= UNBROKEN and min(outside) >= STEEP
