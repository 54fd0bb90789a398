"""Trimming borders without content: frames, paper and air, which differ between copies."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

__all__ = ["trim"]

Grey = npt.NDArray[np.uint8]

SEARCH_SIDE = 128
"""Longer side in pixels of the picture in which borders are searched; accurate to 1 %."""

DIFFERENT = 24
"""Grey levels from the median of its line beyond which a pixel is content, not noise."""

EMPTY_SHARE = 0.06
"""A line with at most this share of content is border, even with an arrow or a letter in it."""

LEAST_LEFT = 0.2
"""Smallest share of a side that trimming leaves; less could not be a slice."""

ROUNDS = 4
"""Maximum number of rounds: the second finds the air inside a frame that the first removed."""


def trim(grey: Grey) -> Grey:
    """Return `grey` (rows, columns) without the uniform lines around it, a view of the same pixels.

    A picture that is uniform almost everywhere is returned untrimmed.
    """
    scale = min(1.0, SEARCH_SIDE / max(grey.shape))
    small = grey
    if scale < 1:
        size = [max(1, round(side * scale)) for side in grey.shape]
        small = np.asarray(cv2.resize(grey, (size[1], size[0]), interpolation=cv2.INTER_AREA))
    spans = [(0, small.shape[0]), (0, small.shape[1])]
    for _ in range(ROUNDS):
        before = list(spans)
        for axis in (0, 1):
            window = small[slice(*spans[0]), slice(*spans[1])]
            first, last = _content(window if axis == 0 else window.T)
            if last - first >= LEAST_LEFT * small.shape[axis]:
                start = spans[axis][0]
                spans[axis] = (start + first, start + last)
        if spans == before:
            break
    rows, columns = (
        slice(round(first * side / short), round(last * side / short))
        for (first, last), side, short in zip(spans, grey.shape, small.shape, strict=True)
    )
    return grey[rows, columns]


def _content(lines: Grey) -> tuple[int, int]:
    """Return the first line with content and the one after the last; (0, 0) if there is none."""
    middle = lines.shape[1] // 2
    median = np.partition(lines, middle, axis=1)[:, middle, None].astype(np.int16)
    off = np.abs(lines.astype(np.int16) - median) > DIFFERENT
    full = np.flatnonzero(off.mean(axis=1) > EMPTY_SHARE)
    return (int(full[0]), int(full[-1]) + 1) if len(full) else (0, 0)
