"""Borders without content: frames, paper and air, of which every cropper leaves another part."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

__all__ = ["trim"]

Grey = npt.NDArray[np.uint8]

LOOKED_AT = 128
"""Pixels of the longer side that borders are looked for in: they are cut to within 1 %."""

DIFFERENT = 24
"""Grey levels off its line's median at which a pixel is content: noise and JPEG stay below."""

EMPTY_SHARE = 0.06
"""A line with at most this share of content is border: an arrow or a letter does not keep it."""

LEAST_LEFT = 0.2
"""No side is cut to less than this share: what would be left is no slice."""

ROUNDS = 4
"""A frame hides the air within it; two rounds find both, and four end where nothing changes."""


def trim(grey: Grey) -> Grey:
    """Return `grey` (rows, columns) without the uniform lines around it, a view of the same pixels.

    A picture that is uniform almost everywhere comes back whole.
    """
    scale = min(1.0, LOOKED_AT / max(grey.shape))
    small = grey
    if scale < 1:
        size = [max(1, round(side * scale)) for side in grey.shape]
        small = np.asarray(cv2.resize(grey, (size[1], size[0]), interpolation=cv2.INTER_AREA))
    spans = [(0, small.shape[0]), (0, small.shape[1])]
    for _ in range(ROUNDS):
        before = list(spans)
        for axis in (0, 1):
            part = small[slice(*spans[0]), slice(*spans[1])]
            first, last = _content(part if axis == 0 else part.T)
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
