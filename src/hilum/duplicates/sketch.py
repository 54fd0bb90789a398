"""Sketches: pictures so coarse that one can be laid over many others in dozens of ways."""

from __future__ import annotations

from functools import cache
from itertools import product

import cv2
import numpy as np
import numpy.typing as npt

__all__ = ["SKETCH", "best_overlay", "sketch_of"]

Real = npt.NDArray[np.float32]
Sketch = npt.NDArray[np.int8]

SKETCH = 16
"""Pixels a side. At twice as many a third of the copies that lost 12 % a side still has its best
place between two of the shifts, and four times as many ways would have to be tried."""

BLUR = 4.0
"""Standard deviation, in pixels of a 64 x 64 picture, of the Gaussian that is taken away."""

SCALES, SHIFTS = (0.88, 1.0, 1.14), (-1, 0, 1)
"""By what a sketch is stretched on each axis, and by how many pixels it is moved: what is left of
a picture that lost up to 12 % on each side, as seen from either of the two."""


def sketch_of(picture: npt.NDArray[np.uint8]) -> Sketch:
    """Return the sketch (SKETCH, SKETCH) of a picture (64, 64): less its blur, -127 ... 127."""
    fine = np.asarray(picture, dtype=np.float32)
    detail = cv2.resize(
        fine - cv2.GaussianBlur(fine, (0, 0), BLUR), (SKETCH, SKETCH), interpolation=cv2.INTER_AREA
    )
    top = max(float(np.abs(detail).max()), 1.0)  # less than a grey level is nothing to stretch
    return np.asarray(np.rint(detail * (127 / top)), dtype=np.int8)


def best_overlay(one: Sketch, many: Sketch) -> Real:
    """Return how well one sketch fits over each of n others, however they were cropped.

    Args:
        one: (SKETCH, SKETCH).
        many: (n, SKETCH, SKETCH).

    Returns:
        (n,) float32, -1 ... 1: Pearson's correlation, the best of all SCALES and SHIFTS on both
        axes; of slices of different patients half reach 0.55, of copies that lost up to 8 % a side
        nine of ten 0.64.
    """
    ways = _axis()
    laid = ways[:, None] @ one.astype(np.float32) @ ways.transpose(0, 2, 1)[None]
    laid = laid.reshape(-1, SKETCH, SKETCH)
    return np.asarray((_unit(laid) @ _unit(many).T).max(axis=0), dtype=np.float32)


@cache
def _axis() -> Real:
    """Return the maps (ways, SKETCH, SKETCH) of one axis: linear interpolation, 0 from outside."""
    middle = (SKETCH - 1) / 2
    places = np.arange(SKETCH)
    starts = [
        scale * (places - middle) + middle + shift for scale, shift in product(SCALES, SHIFTS)
    ]
    distance = np.abs(np.array(starts)[:, :, None] - places)
    return np.asarray(np.maximum(0, 1 - distance), dtype=np.float32)


def _unit(sketches: npt.NDArray[np.generic]) -> Real:
    """Return sketches as vectors of mean 0 and length 1; a flat one as 0."""
    flat = sketches.reshape(len(sketches), -1).astype(np.float32)
    flat -= flat.mean(axis=1, keepdims=True)
    return np.asarray(flat / np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-6))
