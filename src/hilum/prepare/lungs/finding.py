"""The lungs of one slice: where they are, and how well they are in sight."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from hilum.boxes import Box
from hilum.prepare.lungs.network import look_for_lungs
from hilum.prepare.lungs.quality import NOT_A_CHEST, OK, code_of_mask
from hilum.readers import LUNG, apply_window

__all__ = ["Lungs", "find_lungs"]

Grey = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]
Shares = npt.NDArray[np.float32]

LIKELY = 0.5
"""Probability from which on a pixel is lung, and a slice one of a chest."""
SURELY_UPRIGHT = 0.8
"""Probability of being upright that a turned slice must reach: most slices are stored upright."""
FIRST_MARGIN, LAST_MARGIN = 0.1, 0.05
"""Margins of the two closer looks around the lungs found so far, as a share of their box."""
SMALLEST_PART = 0.05
"""Area of a part, as a share of the largest one's, below which it is no lung."""


@dataclass(frozen=True)
class Lungs:
    """Where the lungs of a slice are.

    Attributes:
        mask: (rows, columns) bool at the slice's own size: both lungs with all that lies in them,
            consolidation and masses included.
        code: one of `hilum.prepare.lungs.CODES`.
        turns: quarter turns counterclockwise that set the slice upright, the spine below; 0 to 3.
    """

    mask: Mask
    code: str
    turns: int = 0

    @property
    def is_ok(self) -> bool:
        """Whether both lungs are in sight and not cut off."""
        return self.code == OK

    @property
    def box(self) -> Box | None:
        """The smallest box around the lungs, None where there is no lung."""
        rows, columns = (np.flatnonzero(self.mask.any(axis=axis)) for axis in (1, 0))
        if not len(rows):
            return None
        return Box(int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1)


def find_lungs(pixels: npt.NDArray[np.generic]) -> Lungs:
    """Return where the lungs of a slice are.

    Args:
        pixels: (rows, columns): uint8 grey levels in any window, or any other type for Hounsfield
            units, which are shown through the lung window.
    """
    if pixels.dtype == np.uint8:
        grey = np.asarray(pixels, dtype=np.uint8)
    else:
        grey = apply_window(np.asarray(pixels, dtype=np.float32), LUNG)
    seen = look_for_lungs(grey)
    turns = _turns(grey, float(seen.turns[0]))
    upright = np.ascontiguousarray(np.rot90(grey, turns))
    seen = look_for_lungs(upright) if turns else seen
    closer = _look_closer(upright, _mask(seen.lungs, upright.shape), FIRST_MARGIN)
    more = _turns(closer.part, closer.upright)
    upright = np.ascontiguousarray(np.rot90(upright, more))
    found = np.ascontiguousarray(np.rot90(closer.mask, more))
    last = _look_closer(upright, found, LAST_MARGIN, mirrored=True)
    if max(seen.chest, closer.chest, last.chest) < LIKELY:
        return Lungs(np.zeros(grey.shape, dtype=bool), NOT_A_CHEST)
    turns = (turns + more) % 4
    mask = np.ascontiguousarray(np.rot90(last.mask, -turns))
    return Lungs(mask, code_of_mask(last.mask), turns)


def _turns(grey: Grey, upright: float) -> int:
    """Return how many quarter turns counterclockwise set a slice upright; all are tried.

    Args:
        grey: (rows, columns) uint8.
        upright: probability that it is upright as it is; where it's likely, nothing is tried.
    """
    if upright >= LIKELY:
        return 0
    turned = [
        look_for_lungs(np.ascontiguousarray(np.rot90(grey, turns))).turns[0] for turns in (1, 2, 3)
    ]
    best = int(np.argmax([upright, *turned]))
    return best if max(turned) >= SURELY_UPRIGHT else 0


class _CloserLook(NamedTuple):
    """A look at a part of a slice: the part, the lungs in all of the slice, the network's facts."""

    part: Grey
    mask: Mask
    chest: float
    upright: float


def _look_closer(grey: Grey, found: Mask, margin: float, *, mirrored: bool = False) -> _CloserLook:
    """Look at the box around what was found, with a margin.

    Small lungs in a wide field become as large as the network knows them best. Where nothing was
    found, all of the slice is looked at.
    """
    box = Lungs(found, OK).box or Box(0, 0, *grey.shape)
    rows = _widened(box.row_min, box.row_max, margin, grey.shape[0])
    columns = _widened(box.col_min, box.col_max, margin, grey.shape[1])
    part = np.ascontiguousarray(grey[rows, columns])
    seen, mask = look_for_lungs(part, mirrored=mirrored), np.zeros(grey.shape, dtype=bool)
    mask[rows, columns] = _mask(seen.lungs, part.shape)
    return _CloserLook(part, mask, seen.chest, float(seen.turns[0]))


def _widened(first: int, last: int, margin: float, side: int) -> slice:
    """Return the pixels from `first` to `last` with a margin, as a share of their number."""
    more = round(margin * (last - first))
    return slice(max(0, first - more), min(side, last + more))


def _mask(likely: Shares, shape: tuple[int, ...]) -> Mask:
    """Return the large parts of likely pixels at a slice's size, their holes filled."""
    full_size = cv2.resize(likely, shape[::-1], interpolation=cv2.INTER_LINEAR)
    contours, _ = cv2.findContours(
        (full_size >= LIKELY).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE
    )
    areas = [cv2.contourArea(contour) for contour in contours]
    large = [one for one, area in zip(contours, areas, strict=True)
             if area >= SMALLEST_PART * max(areas)]  # fmt: skip
    filled = np.zeros(shape, dtype=np.uint8)
    cv2.drawContours(filled, large, -1, 1, thickness=cv2.FILLED)
    return filled > 0
