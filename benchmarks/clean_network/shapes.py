"""The shapes of annotations other than arrows: stars, rings, discs, lines, rulers, bars."""

from __future__ import annotations

import numpy as np
from arrows import arrow, arrowhead, bent_arrow
from strokes import Coverage, Maker, Sides, between, filled, placed, stroke

__all__ = ["SHAPES"]

Generator = np.random.Generator


def star(sides: Sides, style: Generator, placement: Generator) -> Coverage:
    """Return a star, an asterisk of lines, a plus or a cross."""
    radius, points = between(style, 3, 14), int(style.integers(4, 9))
    kind, inner, thick = style.random(), style.uniform(0.3, 0.55), style.uniform(0.12, 0.4)
    if kind < 0.5:
        angles = np.pi * np.arange(2 * points) / points
        reach = radius * np.where(np.arange(2 * points) % 2, inner, 1)
        rim = np.stack([np.cos(angles), np.sin(angles)], 1) * reach[:, None]
        return filled(sides, placed(rim, sides, placement))
    angles = np.pi * np.arange(points // 2) / (points // 2)
    arms = radius * np.stack([np.cos(angles), np.sin(angles)], 1)
    put = placed(np.vstack([arms, -arms]), sides, placement)
    drawn = np.zeros(sides, np.float32)
    for ends in zip(put[: len(arms)], put[len(arms) :], strict=True):
        drawn = np.maximum(drawn, stroke(sides, np.array(ends), max(1.0, radius * thick)))
    return drawn


def ring(sides: Sides, style: Generator, placement: Generator) -> Coverage:
    """Return an ellipse or rectangle as a line, whole or dashed, or a small filled disc."""
    width, kind = between(style, 0.9, 3.5), style.random()
    a, b = between(style, 6, 60), style.uniform(0.5, 1.0)
    if kind < 0.15:
        angles = np.linspace(0, 2 * np.pi, 40)
        round_rim = between(style, 2, 8) * np.stack([np.cos(angles), np.sin(angles)], 1)
        return filled(sides, placed(round_rim, sides, placement))
    if kind < 0.4:
        corners = np.array([(-a, -a * b), (a, -a * b), (a, a * b), (-a, a * b)])
        return stroke(sides, placed(corners, sides, placement, angle=0.0), width, closed=True)
    angles = np.linspace(0, 2 * np.pi, 72)
    rim = placed(np.stack([a * np.cos(angles), a * b * np.sin(angles)], 1), sides, placement)
    if kind < 0.85:
        return stroke(sides, rim, width)
    drawn = np.zeros(sides, np.float32)
    for start in range(0, 70, 4):
        drawn = np.maximum(drawn, stroke(sides, rim[start : start + 3], width))
    return drawn


def line(sides: Sides, style: Generator, placement: Generator) -> Coverage:
    """Return a straight line, such as a caliper or a leader, with or without ends."""
    length, width, ended = between(style, 10, 80), between(style, 0.8, 3), style.random() < 0.5
    put = placed(np.array([(0, 0), (length, 0), (0, -3), (0, 3), (length, -3), (length, 3)]),
                 sides, placement)  # fmt: skip
    drawn = stroke(sides, put[:2], width)
    if ended:
        for ends in (put[2:4], put[4:6]):
            drawn = np.maximum(drawn, stroke(sides, ends, width))
    return drawn


def ruler(sides: Sides, style: Generator, placement: Generator) -> Coverage:
    """Return a ruler along an edge: ticks, every fifth longer, with or without a spine."""
    step, count = style.uniform(3, 12), int(style.integers(5, 22))
    tick, width = style.uniform(2, 6), between(style, 0.8, 1.8)
    turns = int(placement.integers(4))
    upright = sides[::-1] if turns % 2 else sides
    start, inset = placement.uniform(0, upright[0] * 0.6), placement.uniform(0, 8)
    drawn = np.zeros(upright, np.float32)
    for number in range(count):
        along = start + number * step
        reach = tick * (2 if number % 5 == 0 else 1)
        ends = np.array([(inset, along), (inset + reach, along)])
        drawn = np.maximum(drawn, stroke(upright, ends, width))
    if style.random() < 0.7:
        spine = np.array([(inset, start), (inset, start + (count - 1) * step)])
        drawn = np.maximum(drawn, stroke(upright, spine, width))
    return np.ascontiguousarray(np.rot90(drawn, turns))


def scale_bar(sides: Sides, style: Generator, placement: Generator) -> Coverage:
    """Return a thick short bar near an edge."""
    length, width = between(style, 10, 50), between(style, 1.5, 5)
    x, inset = placement.uniform(2, sides[1] - length), placement.uniform(4, 20)
    y = inset if placement.random() < 0.5 else sides[0] - inset
    bar = np.array([(x, y), (x + length, y), (x + length, y + width), (x, y + width)])
    return filled(sides, bar)


SHAPES: tuple[tuple[Maker, float], ...] = (
    (arrow, 0.40), (arrowhead, 0.25), (star, 0.07), (ring, 0.07), (bent_arrow, 0.11),
    (line, 0.04), (ruler, 0.03), (scale_bar, 0.03),
)  # fmt: skip
"""How each is drawn, and how often."""
