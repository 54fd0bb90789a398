"""Removals: plain lung of the same slice over a tumour, and over plain lung likewise."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from hilum.prepare.crossing.anatomy import Anatomy
from hilum.prepare.crossing.made import Made

__all__ = ["cover_plain_lung", "remove_lesion"]

Grey = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]

AROUND = 4 / 192
"""Around a lesion, as a share of the side, what is covered with it: spicules, the blur of its edge.
"""
OUTSIDE = 0.3
"""Share of a lesion outside of the lungs at most. That part stays in sight."""
LARGEST = 0.25
"""Share of the lungs that is covered at most."""
AIR, SMOOTH = 0.12, 1.5
"""How far below the level of lung, as a share of the contrast, airways and the ground lie, in a
slice blurred over this many pixels."""
SEAM = (0.8 / 192, 2 / 192)
"""Softness of the seam, standard deviation as a share of the side."""
TRIES = 8
"""Places that are tried for what covers."""


def remove_lesion(
    anatomy: Anatomy, lesion: Mask, rng: np.random.Generator, *, outside: float = OUTSIDE
) -> Made | None:
    """Return a slice without its lesion; None where it isn't in the lungs, or nothing covers it.

    It shows the same patient at the same height as before, so that neither tells what is healthy.

    Args:
        anatomy: the slice.
        lesion: (size, size) bool.
        rng: chance of where the covering lung comes from, of its flip and its seam.
        outside: share of the lesion outside of the lungs at most; that part stays in sight.
    """
    lungs = anatomy.lungs | _dilated(lesion & anatomy.lungs, 1)
    if np.count_nonzero(lesion & ~lungs) > outside * np.count_nonzero(lesion):
        return None
    return _cover(anatomy, _dilated(lesion, _around(lesion)) & lungs, lesion, rng)


def cover_plain_lung(
    anatomy: Anatomy, lesion: Mask, form: Mask, rng: np.random.Generator
) -> Made | None:
    """Return a slice, plain lung covered as tumours are, so that a network can't learn the seam.

    Args:
        anatomy: the slice.
        lesion: (size, size) bool, what stays uncovered; may be empty.
        form: (size, size) bool, of what is covered, as a lesion's.
        rng: as for `remove_lesion`.

    Returns:
        the slice, its lesion as it was; None where no place is found.
    """
    free = anatomy.lungs & ~_dilated(lesion, 2 * _around(lesion))
    rows, columns = np.nonzero(free)
    if not len(rows) or not form.any():
        return None
    centre = [int(axis.mean()) for axis in np.nonzero(form)]
    index = int(rng.integers(len(rows)))
    down, right = int(rows[index]) - centre[0], int(columns[index]) - centre[1]
    moved = _shifted(form.astype(np.uint8), down, right) > 0
    made = _cover(anatomy, _dilated(moved, _around(lesion)) & free, lesion, rng)
    return None if made is None else Made(made.grey, lesion)


def _cover(anatomy: Anatomy, where: Mask, lesion: Mask, rng: np.random.Generator) -> Made | None:
    """Return a slice with plain lung of its own over a part of its lungs."""
    if not 0 < np.count_nonzero(where) <= LARGEST * np.count_nonzero(anatomy.lungs):
        return None
    contrast = anatomy.tissue_level - anatomy.lung_level
    smooth = cv2.GaussianBlur(anatomy.grey, (0, 0), SMOOTH)
    airy = _dilated(smooth < anatomy.lung_level - AIR * contrast, 1)
    plain = anatomy.lungs & ~airy & ~_dilated(lesion, _around(lesion)) & ~where
    flips = [False, True] if rng.random() < 0.5 else [True, False]
    for flip in flips:
        grey = anatomy.grey[:, ::-1] if flip else anatomy.grey
        free = plain[:, ::-1] if flip else plain
        for down, right in _moves(free, where, rng):
            moved = _shifted(grey, down, right)
            if moved[where].mean() <= anatomy.plain_level:
                seam = float(rng.uniform(*SEAM)) * len(where)
                share = cv2.GaussianBlur(where.astype(np.float32), (0, 0), seam)
                share = np.where(anatomy.lungs | where, np.clip(1.5 * share, 0, 1), 0)
                after = anatomy.grey + share * (moved.astype(np.float32) - anatomy.grey)
                return Made(np.rint(after).astype(np.uint8), np.zeros_like(lesion))
    return None


def _moves(free: Mask, where: Mask, rng: np.random.Generator) -> list[tuple[int, int]]:
    """Return moves, down and right, of pieces of the form `where` that lie in `free`."""
    rows, columns = np.nonzero(where)
    form = where[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1].astype(np.uint8)
    corner = cv2.erode(
        free.astype(np.uint8), form, anchor=(0, 0), borderType=cv2.BORDER_CONSTANT, borderValue=0
    )
    found = np.argwhere(corner > 0)
    if not len(found):
        return []
    chosen = rng.integers(len(found), size=TRIES)
    return [(int(rows.min() - row), int(columns.min() - column)) for row, column in found[chosen]]


def _shifted(picture: Grey, down: int, right: int) -> Grey:
    """Return a picture (size, size) moved by whole pixels; what comes in at its edges is 0."""
    matrix = np.array([[1, 0, right], [0, 1, down]], dtype=np.float32)
    moved = cv2.warpAffine(
        np.ascontiguousarray(picture), matrix, picture.shape[::-1], flags=cv2.INTER_NEAREST
    )
    return np.asarray(moved, dtype=np.uint8)


def _around(picture: Mask) -> int:
    """Return how many pixels around a lesion are covered with it."""
    return max(1, round(AROUND * len(picture)))


def _dilated(mask: Mask, reach: int) -> Mask:
    """Return a mask, wider by `reach` pixels on each side."""
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    return np.asarray(cv2.dilate(mask.astype(np.uint8), kernel) > 0)
