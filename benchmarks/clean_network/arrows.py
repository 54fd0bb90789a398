"""Arrows as articles print them: block, slim, flared, tapered, hollow, bent, and heads alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from strokes import Coverage, Points, Sides, between, filled, placed, stroke

__all__ = ["arrow", "arrowhead", "bent_arrow"]

Generator = np.random.Generator

KINDS = {"any": 0.2, "block": 0.24, "slim": 0.3, "flared": 0.14, "tapered": 0.12}


@dataclass(frozen=True)
class _Form:
    """Lengths of a straight arrow, in pixels.

    Attributes:
        length: from the tip to the tail.
        head: length of the head.
        half: half the width of the head.
        shaft, tail: width of the shaft at the head and at its end.
    """

    length: float
    head: float
    half: float
    shaft: float
    tail: float


def _form(style: Generator) -> _Form:
    kind = style.choice(list(KINDS), p=list(KINDS.values()))
    if kind == "block":
        length = between(style, 12, 64)
        head = length * style.uniform(0.3, 0.6)
        half = head * style.uniform(0.55, 1.1)
        shaft = half * style.uniform(0.75, 1.35)
        return _Form(length, head, half, shaft, shaft)
    length = between(style, 9, 95)
    if kind == "slim":
        head = min(length * 0.6, max(4.0, length * style.uniform(0.1, 0.35)))
        shaft = style.uniform(0.8, 2.4)
        return _Form(length, head, head * style.uniform(0.25, 0.55), shaft, shaft)
    head = length * style.uniform(0.25, 0.6)
    half = head * style.uniform(0.35, 0.8)
    shaft = max(0.9, half * style.uniform(0.15, 0.8))
    tails = {"flared": half * style.uniform(0.7, 1.6), "tapered": shaft * style.uniform(0, 0.5)}
    return _Form(length, head, half, shaft, tails.get(kind, shaft))


def arrow(sides: Sides, style: Generator, placement: Generator) -> Coverage:
    """Return a straight arrow: filled, as an outline, or with an open head of two lines."""
    form, kind = _form(style), style.random()
    sweep = form.head * style.choice((0.0, 0.0, style.uniform(0, 0.45)))
    notch = form.length * style.choice((0.0, 0.0, style.uniform(0, 0.2)))
    line = max(0.9, form.shaft * style.uniform(0.4, 1.0))
    w, t, joint = form.shaft / 2, form.tail / 2, -form.head + sweep
    outline: Points = np.array([
        (0, 0), (-form.head, form.half), (joint, w), (-form.length, t),
        (-form.length + notch, 0),
        (-form.length, -t), (joint, -w), (-form.head, -form.half),
    ])  # fmt: skip
    put = placed(outline, sides, placement)
    if kind < 0.14:
        return np.maximum(stroke(sides, put[[0, 4]], line), stroke(sides, put[[1, 0, 7]], line))
    if kind < 0.34 and form.half > 4:
        return stroke(sides, put, min(line, 2.5), closed=True)
    return filled(sides, put)


def arrowhead(sides: Sides, style: Generator, placement: Generator) -> Coverage:
    """Return an arrowhead without shaft: a triangle, swept or not, or an open angle."""
    length = between(style, 5, 36)
    half = length * style.uniform(0.22, 0.7)
    sweep = length * style.choice((0.0, 0.0, style.uniform(0.05, 0.5)))
    kind, line = style.random(), style.uniform(0.8, 2.2)
    outline = np.array([(0, 0), (-length, half), (-length + sweep, 0), (-length, -half)])
    put = placed(outline, sides, placement)
    if kind < 0.13:
        return stroke(sides, put[[1, 0, 3]], max(line, 0.14 * length))
    if kind < 0.32 and length > 8:
        return stroke(sides, put, line, closed=True)
    return filled(sides, put)


def bent_arrow(sides: Sides, style: Generator, placement: Generator) -> Coverage:
    """Return a bent arrow: a thin arc with a head, or a broad one, filled or as an outline."""
    radius, turn = between(style, 7, 34), style.uniform(0.9, 3.0)
    angles = np.linspace(0, turn, 24)
    rim = np.stack([np.cos(angles), np.sin(angles)], 1)
    along = np.array([-np.sin(turn), np.cos(turn)])
    head, half = radius * style.uniform(0.4, 0.8), radius * style.uniform(0.25, 0.5)
    arc, end = radius * rim, radius * rim[-1]
    tip = [end + along * head, end + rim[-1] * half, end - rim[-1] * half]
    kind, line = style.random(), style.uniform(0.8, 2.0)
    width = max(1.0, radius * style.uniform(0.08, 0.3))
    if kind < 0.5:
        put = placed(np.vstack([arc, tip]), sides, placement)
        return np.maximum(stroke(sides, put[:-3], width), filled(sides, put[-3:]))
    broad = half * np.linspace(style.uniform(0.2, 1.2), style.uniform(0.3, 0.8), 24)[:, None]
    outline = np.vstack([arc + rim * broad, tip[1], tip[0], tip[2], (arc - rim * broad)[::-1]])
    put = placed(outline, sides, placement)
    return filled(sides, put) if kind < 0.7 else stroke(sides, put, line, closed=True)
