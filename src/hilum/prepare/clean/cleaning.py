"""Cleaning one picture: find, fill, and say what was changed."""

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
"""Grey levels: pixels that filling in would change by no more stay as they are. They lie beside an
annotation and not under it, and there is nothing to be seen on them."""


@dataclass(frozen=True)
class Cleaned:
    """What cleaning made of a picture.

    Attributes:
        pixels: as given, in shape and dtype; equal to it outside of `mask`.
        mask: (rows, columns) bool, the pixels that were filled in, each changed visibly.
        kinds: which of KINDS were found, in their order; empty where nothing was.
    """

    pixels: Pixels
    mask: Mask
    kinds: tuple[str, ...]

    @property
    def share(self) -> float:
        """The share of the pixels that were filled in, 0 to 1."""
        return float(self.mask.mean())


def clean_picture(pixels: Pixels) -> Cleaned:
    """Find annotations and frames, and fill them in from what surrounds them.

    Nothing is known here but the picture: neither its label nor its source nor its name.

    Args:
        pixels: (rows, columns) uint8 grey levels, or (rows, columns, 3) red, green, blue.
    """
    frame = find_frame(pixels)
    marks = find_marks(pixels) | find_plates(pixels) | find_coloured(pixels)
    hole = frame | marks
    if hole.all() or not hole.any():
        return Cleaned(pixels, np.zeros_like(hole), ())
    filled = fill(pixels, hole)
    mask = _seen(pixels, filled)
    if not mask.any():
        return Cleaned(pixels, mask, ())
    shown = marks if (marks & mask).any() else np.zeros_like(marks)
    kinds = (*kinds_of(pixels, shown), *((FRAME,) if (frame & mask).any() else ()))
    changed = mask if pixels.ndim == 2 else mask[..., None]
    return Cleaned(np.where(changed, filled, pixels), mask, kinds)


def _seen(before: Pixels, after: Pixels) -> Mask:
    """Return where two pictures differ visibly, in any colour."""
    differs = np.abs(after.astype(np.int16) - before) > LEAST_CHANGE
    return np.asarray(differs if differs.ndim == 2 else differs.any(axis=2))
