"""White frames along the picture's edge: lines that cutting a figure out of a page leaves."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["find_frame"]

Pixels = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]

WIDEST = 0.04
"""Of the shorter side: a wider margin is paper, and cutting it off is better than filling it."""

WHITE, FLATTEST = 225, 12
"""A line of a frame has at least this mean, and at most this standard deviation."""

STEP = 45
"""Grey levels by which the first line inside differs from the frame, on average over the line."""

SMALLEST = 32
"""Pixels of the shorter side: in a smaller picture a line is no frame."""

SIDES = 3
"""Lines along fewer edges may be tissue that was cut there: they are left."""


def find_frame(pixels: Pixels) -> Mask:
    """Return the pixels (rows, columns) bool of a white frame; none where there is no frame.

    A frame is white, flat, ends in a step, and runs along at least SIDES edges: soft tissue that
    a lung window shows white seldom does.
    """
    grey = pixels if pixels.ndim == 2 else pixels.mean(axis=2)
    seen = np.asarray(grey, dtype=np.float32)
    mask = np.zeros(seen.shape, dtype=bool)
    if min(seen.shape) < SMALLEST:
        return mask
    widths = [_width(turned) for turned in (seen, seen[::-1], seen.T, seen.T[::-1])]
    if sum(width > 0 for width in widths) < SIDES:
        return mask
    for turned, width in zip((mask, mask[::-1], mask.T, mask.T[::-1]), widths, strict=True):
        turned[:width] = True
    return mask


def _width(lines: npt.NDArray[np.float32]) -> int:
    """Return how many of the first lines belong to a frame, the blurred one at its end included."""
    most = min(max(1, round(WIDEST * min(lines.shape))), len(lines) - 2)
    width = 0
    while width <= most and lines[width].mean() >= WHITE and lines[width].std() <= FLATTEST:
        width += 1
    if not 0 < width <= most:
        return 0
    step = np.abs(lines[width + 1] - lines[width - 1]).mean()
    return width + 1 if step >= STEP else 0
