"""White and black rectangles that captions and panel letters stand on, and scale bars."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from hilum.prepare.clean.grey import grey_of

__all__ = ["RIM", "find_plates"]

Pixels = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]

WHITE, BLACK = 235, 20
"""Grey levels that a plate has at the least, or at the most: JPEG leaves neither quite clean."""

LEAST_AREA, MOST_AREA = 60, 0.25
"""Pixels, and share of the picture: smaller ones are the network's, larger ones are panels."""

WIDEST = 0.9
"""Of the picture's width and height: what reaches across is a margin."""

UNBROKEN, STEEP, SHARP = 0.9, 0.9, 25
"""Shares of the pixels just inside that have the plate's level, and just outside that differ by
SHARP grey levels from it: tissue has no such edges on four sides at once."""

BLUR = 3
"""Lines that an edge may be spread over."""

RIM = 3
"""Lines around a plate that its blurred edge has changed: they would shine into the filling."""


def find_plates(pixels: Pixels) -> Mask:
    """Return the pixels (rows, columns) bool of rectangles, with what is printed on them.

    Each side is straight and steep; up to three may lie along the picture's edge.
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
    """Return whether the box around a flat part is filled to its rim and ends steeply."""
    left, top, wide, high = box
    rows, columns = level.shape
    size = wide * high
    if not LEAST_AREA <= size <= MOST_AREA * level.size or min(wide, high) < 3:
        return False
    if wide > WIDEST * columns or high > WIDEST * rows:
        return False
    inside, outside = [], []
    for turned, seen, first, start, length in (
        (flat, level, top, left, wide),
        (flat[::-1], level[::-1], rows - top - high, left, wide),
        (flat.T, level.T, left, top, high),
        (flat.T[::-1], level.T[::-1], columns - left - wide, top, high),
    ):
        here = slice(start, start + length)
        inside.append(max(turned[line, here].mean() for line in (first, first + 1)))
        if first:  # the line next to it is half plate where the picture was made smaller
            beyond = seen[max(first - BLUR, 0), here].astype(int)
            outside.append((seen[first + 1, here] - beyond >= SHARP).mean())
    return bool(outside) and min(inside) >= UNBROKEN and min(outside) >= STEEP
