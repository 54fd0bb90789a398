"""Detecting white frames along the picture's edge, left over from cropping a page."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["find_frame"]

Pixels = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]

WIDEST = 0.04
"""Share of the shorter side; a wider margin is paper, which should be cropped, not filled."""

WHITE, FLATTEST = 225, 12
"""Smallest mean and largest standard deviation of a line of a frame."""

STEP = 45
"""Mean difference in grey levels between the frame and the first line inside it."""

SMALLEST = 32
"""Shorter side in pixels; in a smaller picture a white line is not taken for a frame."""

SIDES = 3
"""Minimum number of edges; lines along fewer may be cropped tissue and are left alone."""


def find_frame(pixels: Pixels) -> Mask:
    """Return the mask (rows, columns) bool of a white frame; empty if there is none.

    A frame is white and flat, ends in a step, and runs along at least SIDES edges, which soft
    tissue that is white in a lung window seldom does.
    """
    grey = pixels if pixels.ndim == 2 else pixels.mean(axis=2)
    levels = np.asarray(grey, dtype=np.float32)
    mask = np.zeros(levels.shape, dtype=bool)
    if min(levels.shape) < SMALLEST:
        return mask
    widths = [_width(turned) for turned in (levels, levels[::-1], levels.T, levels.T[::-1])]
    if sum(width > 0 for width in widths) < SIDES:
        return mask
    for turned, width in zip((mask, mask[::-1], mask.T, mask.T[::-1]), widths, strict=True):
        turned[:width] = True
    return mask


def _width(lines: npt.NDArray[np.float32]) -> int:
    """Return the number of lines of a frame from the first on, its blurred last line included."""
    most = min(max(1, round(WIDEST * min(lines.shape))), len(lines) - 2)
    width = 0
    while width <= most and lines[width].mean() >= WHITE and lines[width].std() <= FLATTEST:
        width += 1
    if not 0 < width <= most:
        return 0
    step = np.abs(lines[width + 1] - lines[width - 1]).mean()
    return width + 1 if step >= STEP else 0
