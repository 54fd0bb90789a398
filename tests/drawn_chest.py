"""A chest of three ellipses, for tests of what looks for lungs."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

__all__ = ["chest"]


def chest(size: int = 200) -> npt.NDArray[np.uint8]:
    """Return a bright ellipse (200) with two dark ones (30) in it, on black."""
    grey = np.zeros((size, size), dtype=np.uint8)
    middle, unit = size // 2, size / 200
    sides = [round(length * unit) for length in (90, 65, 25, 40)]
    cv2.ellipse(grey, (middle, middle), (sides[0], sides[1]), 0, 0, 360, 200, -1)
    for across in (-40, 40):
        centre = (middle + round(across * unit), middle)
        cv2.ellipse(grey, centre, (sides[2], sides[3]), 0, 0, 360, 30, -1)
    return grey
