"""The shapes of annotations as coverage: (size, size) float32, 0 to 1, anti-aliased."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

__all__ = ["SHAPES", "Coverage", "blank", "filled", "stroke"]

Coverage = npt.NDArray[np.float32]
Points = npt.NDArray[np.float64]

SHIFT = 4
"""Bits behind the point of OpenCV's coordinates."""


def blank(size: int) -> npt.NDArray[np.uint8]:
    """Return an empty canvas."""
    return np.zeros((size, size), np.uint8)


def filled(size: int, *polygons: Points) -> Coverage:
    """Return the union of polygons of (x, y)."""
    canvas = blank(size)
    for points in polygons:
        fixed = np.rint(points * 2**SHIFT).astype(np.int32)
        cv2.fillPoly(canvas, [fixed], 255, cv2.LINE_AA, SHIFT)
    return (canvas / np.float32(255)).astype(np.float32)


def stroke(size: int, points: Points, width: float, *, closed: bool = False) -> Coverage:
    """Return a line through points of (x, y), `width` pixels wide."""
    up = 1 if width >= 1.5 else 2
    canvas = blank(size * up)
    fixed = np.rint(points * up * 2**SHIFT).astype(np.int32)
    cv2.polylines(canvas, [fixed], closed, 255, max(1, round(width * up)), cv2.LINE_AA, SHIFT)
    if up > 1:
        canvas = cv2.resize(canvas, (size, size), interpolation=cv2.INTER_AREA)
    return (canvas / np.float32(255)).astype(np.float32)


def _place(
    local: Points, size: int, rng: np.random.Generator, angle: float | None = None
) -> Points:
    """Turn and move points about the origin to somewhere on the patch."""
    turn = rng.uniform(0, 2 * np.pi) if angle is None else angle
    matrix = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    return local @ matrix.T + rng.uniform(-0.02 * size, 1.02 * size, 2)


def _length(rng: np.random.Generator, low: float, high: float) -> float:
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def arrow(size: int, rng: np.random.Generator) -> Coverage:
    """Return an arrow: a shaft and a triangular, swept or open head; filled or hollow."""
    length = _length(rng, 8, 95)
    head = length * rng.uniform(0.25, 0.6)
    half = head * rng.uniform(0.3, 0.75)
    width = max(0.9, half * rng.uniform(0.1, 0.75))
    sweep = head * rng.choice((0.0, 0.0, rng.uniform(0, 0.4)))
    w = width / 2
    outline = np.array([
        (0, 0), (-head, half), (-head + sweep, w), (-length, w * rng.choice((1, 1, 0.3))),
        (-length, -w), (-head + sweep, -w), (-head, -half),
    ])  # fmt: skip
    placed = _place(outline, size, rng)
    kind = rng.random()
    if kind < 0.18:  # an open head of two lines
        line = max(0.9, width * 0.6)
        shaft = stroke(size, placed[[0, 3]], line)
        return np.maximum(shaft, stroke(size, placed[[1, 0, 6]], line))
    if kind < 0.32 and half > 4:
        return stroke(size, placed, rng.uniform(0.8, 2.5), closed=True)
    return filled(size, placed)


def arrowhead(size: int, rng: np.random.Generator) -> Coverage:
    """Return an arrowhead without shaft: a triangle, swept or not, or an open angle."""
    length = _length(rng, 5, 34)
    half = length * rng.uniform(0.22, 0.65)
    sweep = length * rng.choice((0.0, 0.0, rng.uniform(0.05, 0.5)))
    placed = _place(np.array([(0, 0), (-length, half), (-length + sweep, 0), (-length, -half)]),
                    size, rng)  # fmt: skip
    kind = rng.random()
    if kind < 0.15:
        return stroke(size, placed[[1, 0, 3]], max(1.0, length * rng.uniform(0.08, 0.2)))
    if kind < 0.25 and length > 10:
        return stroke(size, placed, rng.uniform(0.8, 2.2), closed=True)
    return filled(size, placed)


def curved_arrow(size: int, rng: np.random.Generator) -> Coverage:
    """Return a bent shaft with a head at its end."""
    radius = _length(rng, 7, 30)
    angles = np.linspace(0, rng.uniform(0.9, 3.4), 24)
    arc = radius * np.stack([np.cos(angles), np.sin(angles)], 1)
    end, along = arc[-1], arc[-1] - arc[-3]
    along = along / np.linalg.norm(along)
    side = np.array([-along[1], along[0]])
    head, half = radius * rng.uniform(0.4, 0.8), radius * rng.uniform(0.25, 0.5)
    tip = np.array([end + along * head, end + side * half, end - side * half])
    placed = _place(np.vstack([arc, tip]), size, rng)
    shaft = stroke(size, placed[:-3], max(1.0, radius * rng.uniform(0.08, 0.3)))
    return np.maximum(shaft, filled(size, placed[-3:]))


def star(size: int, rng: np.random.Generator) -> Coverage:
    """Return a star, an asterisk of lines, a plus or a cross."""
    radius, points = _length(rng, 3, 14), int(rng.integers(4, 9))
    turn = rng.uniform(0, 2 * np.pi)
    if rng.random() < 0.5:
        angles = turn + np.pi * np.arange(2 * points) / points
        reach = radius * np.where(np.arange(2 * points) % 2, rng.uniform(0.3, 0.55), 1)
        rim = np.stack([np.cos(angles), np.sin(angles)], 1) * reach[:, None]
        return filled(size, _place(rim, size, rng))
    middle = rng.uniform(0, size, 2)
    width, drawn = max(1.0, radius * rng.uniform(0.12, 0.4)), np.zeros((size, size), np.float32)
    for angle in turn + np.pi * np.arange(points // 2) / (points // 2):
        arm = radius * np.array([np.cos(angle), np.sin(angle)])
        drawn = np.maximum(drawn, stroke(size, np.array([middle - arm, middle + arm]), width))
    return drawn


def ring(size: int, rng: np.random.Generator) -> Coverage:
    """Return an ellipse or rectangle as a line, whole or dashed, or a small filled disc."""
    width = _length(rng, 0.9, 3.5)
    a, b = _length(rng, 6, 60), rng.uniform(0.5, 1.0)
    if rng.random() < 0.15:
        angles = np.linspace(0, 2 * np.pi, 40)
        radius = _length(rng, 2, 8)
        return filled(
            size, _place(radius * np.stack([np.cos(angles), np.sin(angles)], 1), size, rng)
        )
    if rng.random() < 0.35:
        corners = np.array([(-a, -a * b), (a, -a * b), (a, a * b), (-a, a * b)])
        return stroke(size, _place(corners, size, rng, angle=0.0), width, closed=True)
    angles = np.linspace(0, 2 * np.pi, 72)
    rim = _place(np.stack([a * np.cos(angles), a * b * np.sin(angles)], 1), size, rng)
    if rng.random() < 0.75:
        return stroke(size, rim, width)
    drawn = np.zeros((size, size), np.float32)
    for start in range(0, 70, 4):
        drawn = np.maximum(drawn, stroke(size, rim[start : start + 3], width))
    return drawn


def line(size: int, rng: np.random.Generator) -> Coverage:
    """Return a straight line, such as a caliper or a leader, with or without ends."""
    length, width = _length(rng, 10, 80), _length(rng, 0.8, 3)
    placed = _place(np.array([(0, 0), (length, 0), (0, -3), (0, 3), (length, -3), (length, 3)]),
                    size, rng)  # fmt: skip
    drawn = stroke(size, placed[:2], width)
    if rng.random() < 0.5:
        for ends in (placed[2:4], placed[4:6]):
            drawn = np.maximum(drawn, stroke(size, ends, width))
    return drawn


def ruler(size: int, rng: np.random.Generator) -> Coverage:
    """Return a ruler along an edge: ticks, every fifth longer, with or without a spine."""
    step, count = rng.uniform(3, 12), int(rng.integers(5, 22))
    tick, width = rng.uniform(2, 6), _length(rng, 0.8, 1.8)
    start, inset = rng.uniform(0, size * 0.6), rng.uniform(0, 8)
    drawn = np.zeros((size, size), np.float32)
    for number in range(count):
        along = start + number * step
        reach = tick * (2 if number % 5 == 0 else 1)
        ends = np.array([(inset, along), (inset + reach, along)])
        drawn = np.maximum(drawn, stroke(size, ends, width))
    if rng.random() < 0.7:
        spine = np.array([(inset, start), (inset, start + (count - 1) * step)])
        drawn = np.maximum(drawn, stroke(size, spine, width))
    return np.ascontiguousarray(np.rot90(drawn, int(rng.integers(4))))


def scale_bar(size: int, rng: np.random.Generator) -> Coverage:
    """Return a thick short bar near an edge."""
    length, width = _length(rng, 10, 50), _length(rng, 1.5, 5)
    x, y = (
        rng.uniform(2, size - length),
        rng.choice((rng.uniform(4, 20), size - rng.uniform(4, 20))),
    )
    bar = np.array([(x, y), (x + length, y), (x + length, y + width), (x, y + width)])
    return filled(size, bar)


SHAPES = (
    (arrow, 0.36), (arrowhead, 0.26), (star, 0.1), (ring, 0.1), (curved_arrow, 0.05),
    (line, 0.05), (ruler, 0.05), (scale_bar, 0.03),
)  # fmt: skip
"""How each is drawn, and how often."""
