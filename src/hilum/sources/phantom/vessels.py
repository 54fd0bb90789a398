"""The branching vessels and airways of the lungs, as segments that taper."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from hilum.sources.phantom.shapes import Field, Grid

__all__ = ["draw_dots", "grow_trees", "paint_segments"]

Segments = npt.NDArray[np.float64]
"""(n, 5): x and y of both ends and the diameter, in mm."""

IN_PLANE = 0.62
"""Share of the pieces of a branch that lie in the slice; the rest runs above or below it."""

SMALLEST_MM = 0.75
"""Thinner vessels blend into the parenchyma at any usual resolution."""

_SUBPIXEL = 4  # fractional bits of OpenCV's coordinates


def grow_trees(
    rng: np.random.Generator,
    roots: npt.NDArray[np.float64],
    *,
    headings: npt.NDArray[np.float64],
    diameters: npt.NDArray[np.float64],
    generations: int = 6,
) -> Segments:
    """Grow a tree from each of `roots` ((n, 2), mm) towards `headings` ((n,), radians).

    Each branch bends a little, then gives off a side branch: the main one keeps its way and
    most of its diameter, the side one leaves at an open angle and is about half as wide.
    """
    points, widths, grown = roots.astype(float), diameters.astype(float), []
    length = 24.0
    for _ in range(generations):
        for _bend in range(2):
            headings = headings + rng.normal(0, 0.11, headings.size)
            steps = 0.5 * length * rng.uniform(0.7, 1.3, headings.size)
            ends = points + steps[:, None] * np.column_stack([np.cos(headings), np.sin(headings)])
            seen = rng.random(headings.size) < IN_PLANE
            grown.append(np.column_stack([points, ends, widths])[seen])
            points, widths = ends, widths * 0.94
        side = rng.choice([-1.0, 1.0], headings.size)
        away = rng.uniform(0.45, 0.95, headings.size)
        headings = np.concatenate([headings - 0.25 * side * away, headings + side * away])
        widths = np.concatenate([0.8 * widths, rng.uniform(0.4, 0.6, widths.size) * widths])
        points = np.concatenate([points, points])
        visible = widths >= SMALLEST_MM
        points, headings, widths = points[visible], headings[visible], widths[visible]
        length *= 0.84
    return np.concatenate(grown)


def draw_dots(rng: np.random.Generator, count: int, *, reach: tuple[float, float]) -> Segments:
    """Draw vessels that cross the slice: short segments, scattered within `reach` (x, y in mm)."""
    centre = rng.uniform(-1, 1, (count, 2)) * np.array(reach)
    angle, stretch = rng.uniform(0, np.pi, count), rng.uniform(0.1, 2.2, count)
    half = np.stack([np.cos(angle), np.sin(angle)], 1) * stretch[:, None]
    width = 0.7 + rng.exponential(0.5, count)
    return np.column_stack([centre - half, centre + half, np.minimum(width, 4.0)])


def paint_segments(grid: Grid, segments: Segments) -> Field:
    """Return (size, size) how much (0 to 1) of each pixel the segments fill, thick ones on top."""
    fine = 2  # drawn at twice the resolution: lines keep their place to a quarter pixel
    canvas = np.zeros((grid.size * fine, grid.size * fine), dtype=np.uint8)
    ordered = segments[np.argsort(segments[:, 4])]
    scale = float(1 << _SUBPIXEL)
    ends = [grid.pixels(ordered[:, k : k + 2]) * fine + (fine - 1) / 2 for k in (0, 2)]
    start, stop = (np.rint(end * scale).astype(int) for end in ends)
    width = 0.8 * ordered[:, 4] / grid.pixel * fine  # a line's soft edge adds the rest
    thick = np.maximum(np.rint(width), 1).astype(int)
    level = np.rint(255 * np.clip(width / thick, 0.25, 1.0)).astype(int)
    for a, b, t, v in zip(
        start.tolist(), stop.tolist(), thick.tolist(), level.tolist(), strict=True
    ):
        cv2.line(canvas, a, b, v, t, cv2.LINE_AA, _SUBPIXEL)
    shrunk = cv2.resize(canvas, (grid.size, grid.size), interpolation=cv2.INTER_AREA)
    return np.asarray(shrunk, dtype=np.float32) / np.float32(255)
