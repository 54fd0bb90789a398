"""What annotations are drawn with: polygons and lines as coverage, and where they are put.

Coverage is (rows, columns) float32, 0 to 1, anti-aliased. Each shape is drawn from two generators:
`style` decides what it looks like, `placement` where it goes, so that one style can be drawn again.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import numpy.typing as npt

__all__ = ["Coverage", "Maker", "Points", "Sides", "between", "filled", "placed", "stroke"]

Coverage = npt.NDArray[np.float32]
Sides = tuple[int, int]
"""Rows and columns of a patch."""

Points = npt.NDArray[np.float64]
Maker = Callable[[Sides, np.random.Generator, np.random.Generator], Coverage]
"""From the sides of the patch in pixels, style and placement to a shape's coverage."""

SHIFT = 4
"""Bits behind the point of OpenCV's coordinates."""

STEPS = 8
"""A turn is parted into so many by those who draw arrows with a mouse."""


def filled(sides: Sides, *polygons: Points) -> Coverage:
    """Return the union of polygons of (x, y)."""
    canvas = np.zeros(sides, np.uint8)
    for points in polygons:
        fixed = np.rint(points * 2**SHIFT).astype(np.int32)
        cv2.fillPoly(canvas, [fixed], 255, cv2.LINE_AA, SHIFT)
    return (canvas / np.float32(255)).astype(np.float32)


def stroke(sides: Sides, points: Points, width: float, *, closed: bool = False) -> Coverage:
    """Return a line through points of (x, y), `width` pixels wide."""
    up = 1 if width >= 1.5 else 2
    canvas = np.zeros((sides[0] * up, sides[1] * up), np.uint8)
    fixed = np.rint(points * up * 2**SHIFT).astype(np.int32)
    cv2.polylines(canvas, [fixed], closed, 255, max(1, round(width * up)), cv2.LINE_AA, SHIFT)
    if up > 1:
        canvas = cv2.resize(canvas, sides[::-1], interpolation=cv2.INTER_AREA)
    return (canvas / np.float32(255)).astype(np.float32)


def placed(
    local: Points, sides: Sides, placement: np.random.Generator, angle: float | None = None
) -> Points:
    """Turn and move points about the origin to somewhere on the patch."""
    turn = angle
    if turn is None:
        turn = placement.uniform(0, 2 * np.pi)
        if placement.random() < 0.3:
            turn = np.rint(turn / (2 * np.pi) * STEPS) * (2 * np.pi) / STEPS
    matrix = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    return local @ matrix.T + placement.uniform(-0.02, 1.02, 2) * sides[::-1]


def between(style: np.random.Generator, low: float, high: float) -> float:
    """Draw a length, small ones as likely as large ones."""
    return float(np.exp(style.uniform(np.log(low), np.log(high))))
