"""A slice that was made: what was put into another, and where it can be seen."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

__all__ = ["Made", "made_of"]

Grey = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]

SEEN = 25
"""Grey levels by which a pixel must change to count as seen."""
FEWEST_SEEN = 20
"""Pixels of a lesion that must be seen: what is put onto tissue of its own grey shows nothing."""


@dataclass(frozen=True)
class Made:
    """A slice with something put into it.

    Attributes:
        grey: (size, size) uint8.
        lesion: (size, size) bool, where the lesion is seen; empty for what is no lesion.
    """

    grey: Grey
    lesion: Mask


def made_of(before: Grey, after: npt.NDArray[np.float32], inside: Mask) -> Made | None:
    """Return the slice `after`, its lesion cut down to what can be seen; None if that is nothing.

    Args:
        before: (size, size) the slice as it was.
        after: (size, size) grey levels 0..255 with the lesion.
        inside: (size, size) bool, where the lesion was put.
    """
    changed = np.abs(after - before) > SEEN
    if np.count_nonzero(changed & inside) < FEWEST_SEEN:
        return None
    near = cv2.dilate(changed.astype(np.uint8), np.ones((3, 3), dtype=np.uint8)) > 0
    return Made(np.clip(np.rint(after), 0, 255).astype(np.uint8), inside & near)
