"""Cleaning one picture: detect annotations, fill them in, report what changed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hilum.prepare.clean.colour import find_coloured
from hilum.prepare.clean.fill import fill
from hilum.prepare.clean.frames import find_frame
from hilum.prepare.clean.kinds import FRAME, kinds_of
from hilum.prepare.clean.marks import find_marks
from hilum.prepare.clean.plates import find_plates

__all__ = ["Cleaned", "clean_picture"]

Pixels = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]

LEAST_CHANGE = 9
"""Grey levels; pixels that filling would change by no more than this are left alone. They lie next
to an annotation, not under it, and nothing is visible on them."""


@dataclass(frozen=True)
class Cleaned:
    """Result of cleaning a picture.

    Attributes:
        pixels: of the shape and dtype of the input, and equal to it outside `mask`.
        mask: (rows, columns) bool, the pixels that were filled in and changed visibly.
        kinds: those of KINDS that were found, in their order; empty if nothing was.
    """

    pixels: Pixels
    mask: Mask
    kinds: tuple[str, ...]

    @property
    def share(self) -> float:
        """Share of the pixels that were filled in, 0 to 1."""
        return float(self.mask.mean())


def clean_picture(pixels: Pixels) -> Cleaned:
    """Detect annotations and frames, and fill them in from their surroundings.

    Only the picture is used, not its label, source or name.

    Args:
        pixels: (rows, columns) uint8 grey levels, or (rows, columns, 3) red, green, blue.
    """
    frame = find_frame(pixels)
    marks = find_marks(pixels) | find_plates(pixels) | find_coloured(pixels)
    hole = frame | marks
    if hole.all() or not hole.any():
        return Cleaned(pixels, np.zeros_like(hole), ())
    filled = fill(pixels, hole)
    mask = _visible_change(pixels, filled)
    if not mask.any():
        return Cleaned(pixels, mask, ())
    visible_marks = marks if (marks & mask).any() else np.zeros_like(marks)
    kinds = (*kinds_of(pixels, visible_marks), *((FRAME,) if (frame & mask).any() else ()))
    changed = mask if pixels.ndim == 2 else mask[..., None]
    return Cleaned(np.where(changed, filled, pixels), mask, kinds)


def _visible_change(before: Pixels, after: Pixels) -> Mask:
    """Return the pixels in which two pictures differ visibly, in any channel."""
    differs = np.abs(after.astype(np.int16) - before) > LEAST_CHANGE
    return np.asarray(differs if differs.ndim == 2 else differs.any(axis=2))
