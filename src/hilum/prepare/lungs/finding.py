"""The lungs of one slice: where they are, and how well they are in sight."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hilum.boxes import Box
from hilum.prepare.lungs.dark_parts import lungs_mask
from hilum.prepare.lungs.quality import OK, code_of_mask
from hilum.readers import LUNG, apply_window

__all__ = ["Lungs", "find_lungs"]

Mask = npt.NDArray[np.bool_]


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
    mask = lungs_mask(grey)
    return Lungs(mask, code_of_mask(mask))
