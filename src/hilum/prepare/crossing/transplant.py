"""Transplants: a tumour cut out of one slice and put into another, and plain lung likewise."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from hilum.prepare.crossing.anatomy import Anatomy
from hilum.prepare.crossing.made import Made, made_of

__all__ = ["move_plain_lung", "transplant"]

Mask = npt.NDArray[np.bool_]
Field = npt.NDArray[np.float32]

SCALES = (0.7, 2.2)
"""By how much a piece is enlarged."""
LARGEST = 0.29
"""Radius of a piece at most, as a share of the side."""
AROUND = 6
"""Pixels around the lesion that are cut out with it."""
TRIES = 8
"""Places that are tried for plain lung of a lesion's form."""


@dataclass(frozen=True)
class _Piece:
    """What is put in: relative grey levels, how much of each pixel, and where the lesion is."""

    levels: Field
    share: Field
    lesion: Mask


def transplant(
    anatomy: Anatomy, donor: Anatomy, lesion: Mask, rng: np.random.Generator
) -> Made | None:
    """Return a slice with the lesion of another one in its lungs; None where it can't be seen.

    Args:
        anatomy: the slice to put it into.
        donor: the slice that has the lesion.
        lesion: (size, size) bool, where in the donor.
        rng: chance of scale, turn, flip, blending and where it goes.
    """
    piece = _cut(donor, lesion, rng)
    pasted, inside = _paste(anatomy, piece, rng)
    return made_of(anatomy.grey, pasted, inside)


def move_plain_lung(
    anatomy: Anatomy, donor: Anatomy, form: Mask, rng: np.random.Generator
) -> Made | None:
    """Return a slice with a piece of another one's plain lung, put in as lesions are.

    So a network can't learn the seam. None where no plain piece of this form is found.

    Args:
        anatomy: the slice to put it into.
        donor: a slice without a lesion.
        form: (size, size) bool, of the piece, as a lesion's.
        rng: as for `transplant`.
    """
    rows, columns = np.nonzero(donor.lungs)
    centre = [int(axis.mean()) for axis in np.nonzero(form)]
    for _ in range(TRIES):
        index = int(rng.integers(len(rows)))
        moved = np.roll(form, (rows[index] - centre[0], columns[index] - centre[1]), (0, 1))
        inside = moved & donor.lungs
        if inside.any() and donor.grey[inside].mean() <= donor.plain_level:
            pasted, _ = _paste(anatomy, _cut(donor, inside, rng), rng)
            return Made(np.rint(pasted).astype(np.uint8), np.zeros_like(form))
    return None


def _cut(donor: Anatomy, lesion: Mask, rng: np.random.Generator) -> _Piece:
    """Return a lesion cut out with a soft edge, enlarged, turned and perhaps flipped."""
    rows, columns = np.nonzero(lesion)
    row, column = rows.mean(), columns.mean()
    radius = max(np.ptp(rows), np.ptp(columns)) / 2 + AROUND
    scale = min(float(rng.uniform(*SCALES)), LARGEST * len(lesion) / radius)
    side = int(2 * np.ceil(radius * scale)) + 9
    matrix = cv2.getRotationMatrix2D((column, row), float(rng.uniform(-180, 180)), scale)
    matrix[:, 2] += side / 2 - column, side / 2 - row
    if rng.random() < 0.5:
        matrix[0] *= -1
        matrix[0, 2] += side
    reach = 2 * int(rng.integers(1, 4)) + 1
    marked = lesion.astype(np.float32)
    wide = cv2.dilate(marked, np.ones((reach, reach), dtype=np.uint8))
    contrast = donor.tissue_level - donor.lung_level
    levels = (donor.grey - np.float32(donor.lung_level)) / np.float32(contrast)
    turned = cv2.warpAffine(levels, matrix, (side, side), borderMode=cv2.BORDER_REFLECT)
    share = cv2.GaussianBlur(
        cv2.warpAffine(wide, matrix, (side, side)), (0, 0), float(rng.uniform(0.8, 2.0))
    )
    inside = cv2.warpAffine(marked, matrix, (side, side)) > 0.5
    return _Piece(
        np.asarray(turned, dtype=np.float32), np.clip(share, 0, 1).astype(np.float32), inside
    )


def _paste(anatomy: Anatomy, piece: _Piece, rng: np.random.Generator) -> tuple[Field, Mask]:
    """Return the slice's grey levels with a piece somewhere in its lungs, and where that is."""
    rows, columns = np.nonzero(anatomy.lungs)
    index, side = int(rng.integers(len(rows))), len(piece.levels)
    top, left = int(rows[index]) - side // 2, int(columns[index]) - side // 2
    here, there = _overlap(top, left, side=side, size=len(anatomy.grey))
    limit = anatomy.lung_share(1.5)[here]
    share = piece.share[there] * np.clip(1.5 * limit, 0, 1)
    contrast = anatomy.tissue_level - anatomy.lung_level
    levels = piece.levels[there] * np.float32(contrast) + np.float32(anatomy.lung_level)
    pasted = anatomy.grey.astype(np.float32)
    pasted[here] += share * (np.clip(levels, 0, 255) - pasted[here])
    inside = np.zeros(anatomy.grey.shape, dtype=bool)
    inside[here] = piece.lesion[there] & (limit > 0.4)
    return pasted, inside


def _overlap(
    top: int, left: int, *, side: int, size: int
) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
    """Return the part of a slice that a piece covers, and that part of the piece."""
    begin = max(0, top), max(0, left)
    end = min(size, top + side), min(size, left + side)
    here = slice(begin[0], end[0]), slice(begin[1], end[1])
    there = slice(begin[0] - top, end[0] - top), slice(begin[1] - left, end[1] - left)
    return here, there
