"""Harmonising one slice: the lungs, upright, at fixed grey levels and one resolution."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from hilum.prepare.clean import clean_picture
from hilum.prepare.harmonise.shown_part import ShownPart
from hilum.prepare.harmonise.tones import anchored
from hilum.prepare.lungs import CUT, NO_LUNG, NOT_A_CHEST, OK, ONE_LUNG, Lungs, find_lungs

__all__ = ["GROUND", "SIDE", "STEPS", "Harmonised", "harmonise"]

Grey = npt.NDArray[np.uint8]

STEPS = ("clean", "upright", "crop", "tones", "outside")
"""Steps in their order: annotations filled in; the spine below; cut to the lungs; grey levels of
lung and tissue fixed; what isn't lung made even."""

SIDE = 192
"""Pixels of a harmonised picture's side, which is the resolution of all. At 128 a third of the
tumours of MSD lung were less than 7 pixels across, and none of them was found."""
MARGIN = 0.06
"""Margin around the lungs, as a share of the sides of their box."""
GROUND = 0
"""Grey level of what isn't lung: unlike any tissue, so that a mass at the wall stays in sight."""
SOFT = 0.006
"""Standard deviation of the edge of what is shown, as a share of the side."""
FRAME = 8
"""Pixels along the edge that are even in every picture: the lungs begin 10 pixels from it."""
RIM = 0.035
"""How far the lungs are widened before the outside is made even, as a share of the side: a rim of
their wall, against which masses that touch it show."""


NOTES = {
    ONE_LUNG: "Harmonised: only one lung was found.",
    CUT: "Harmonised: the lungs are cut off by the edge of the picture.",
    NO_LUNG: "Harmonised: no lung was found, so all of the slice is shown.",
    NOT_A_CHEST: "Harmonised: this is no axial slice of a chest.",
}
"""Quality code -> the note on a slice."""


@dataclass(frozen=True)
class Harmonised:
    """A harmonised slice.

    Attributes:
        pixels: (SIDE, SIDE) uint8.
        lungs: (SIDE, SIDE) bool, where the lungs are.
        placement: which part of the slice it shows: carries boxes, masks and maps there and back.
        code: one of `hilum.prepare.lungs.CODES`. Where it is `no lung` or `not a chest`, all of
            the slice is shown.
    """

    pixels: Grey
    lungs: npt.NDArray[np.bool_]
    placement: ShownPart
    code: str

    @property
    def notes(self) -> tuple[str, ...]:
        """What is unusual: a sentence where the code isn't `ok`."""
        return () if self.code == OK else (NOTES[self.code],)


def harmonise(
    pixels: Grey, *, lungs: Lungs | None = None, steps: Collection[str] = STEPS
) -> Harmonised:
    """Return a slice harmonised; only the picture is used, not its label, source or name.

    Args:
        pixels: (rows, columns) uint8 grey levels in any window.
        lungs: where its lungs are; None: they are looked for.
        steps: those of STEPS that are done.
    """
    grey = clean_picture(pixels).pixels if "clean" in steps else pixels
    found = find_lungs(grey) if lungs is None else lungs
    placement = _placement(found, steps)
    inside = placement.mask(found.mask)
    picture = placement.picture(grey)
    if "tones" in steps:
        picture = anchored(picture, inside)
    if "outside" in steps:
        picture = _evened(picture, inside)
    return Harmonised(picture, inside, placement, found.code)


def _placement(lungs: Lungs, steps: Collection[str]) -> ShownPart:
    """Return the part to show: the lungs with their margin, or all of the slice."""
    rows, columns = lungs.mask.shape
    turns = lungs.turns if "upright" in steps else 0
    if turns % 2:
        rows, columns = columns, rows
    shape = (lungs.mask.shape[0], lungs.mask.shape[1])
    box = Lungs(np.rot90(lungs.mask, turns), lungs.code).box if "crop" in steps else None
    if box is None:
        return ShownPart(shape, turns, 0, 0, rows, columns, side=SIDE)
    down = round(MARGIN * (box.row_max - box.row_min))
    across = round(MARGIN * (box.col_max - box.col_min))
    return ShownPart(
        shape, turns, box.row_min - down, box.col_min - across, box.row_max + down,
        box.col_max + across, side=SIDE,
    )  # fmt: skip


def _evened(picture: Grey, inside: npt.NDArray[np.bool_]) -> Grey:
    """Return the lungs with a rim of their wall on an even ground, with a soft edge.

    Without lungs the picture stays, but for its frame.
    """
    share = np.ones(picture.shape, dtype=np.float32)
    if inside.any():
        reach = 2 * round(RIM * SIDE) + 1
        kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach))
        wide = cv2.dilate(inside.astype(np.float32), kernel)
        share = np.asarray(cv2.GaussianBlur(wide, (0, 0), SOFT * SIDE), dtype=np.float32)
    framed = np.zeros_like(share)
    framed[FRAME:-FRAME, FRAME:-FRAME] = share[FRAME:-FRAME, FRAME:-FRAME]
    return np.asarray(np.rint(picture * framed + GROUND * (1 - framed)), dtype=np.uint8)
