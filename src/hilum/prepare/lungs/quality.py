"""Quality codes: how well the lungs of a slice are in sight."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

__all__ = ["CODES", "CUT", "NOT_A_CHEST", "NO_LUNG", "OK", "ONE_LUNG", "code_of_mask"]

Mask = npt.NDArray[np.bool_]

OK, ONE_LUNG, CUT, NO_LUNG, NOT_A_CHEST = "ok", "one lung", "cut", "no lung", "not a chest"
CODES = (OK, ONE_LUNG, CUT, NO_LUNG, NOT_A_CHEST)
"""Both lungs in sight; only one; cut off by the picture's edge; a chest without lung; no chest."""

SMALLEST = 0.01
"""Share of the picture below which no lung is in sight."""
ON_EDGE = 0.12
"""Share of the lungs' outline on the picture's edge from which on they are cut off."""
SECOND = 0.08
"""Area of the smaller lung, as a share of the larger one's, below which there is only one."""
WIDE = 0.95
"""Width over height of a single part from which on it is both lungs, which touch each other."""


def code_of_mask(mask: Mask) -> str:
    """Return the quality code of a slice of a chest whose lungs are `mask`, (rows, columns)."""
    if mask.sum() < SMALLEST * mask.size:
        return NO_LUNG
    if _share_on_edge(mask) > ON_EDGE:
        return CUT
    return OK if _has_both(mask) else ONE_LUNG


def _share_on_edge(mask: Mask) -> float:
    """Return the share of the outline that lies on the edge of the picture."""
    inner = cv2.erode(mask.astype(np.uint8), np.ones((3, 3), np.uint8), borderValue=0)
    outline = mask & (inner == 0)
    edge = np.concatenate([mask[0], mask[-1], mask[1:-1, 0], mask[1:-1, -1]])
    return float(edge.sum() / max(1, outline.sum()))


def _has_both(mask: Mask) -> bool:
    """Whether there are two large parts, or one that is as wide as two."""
    _, _, parts, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    areas = parts[1:, cv2.CC_STAT_AREA]
    _, _, width, height, _ = parts[1 + int(areas.argmax())]
    return bool((areas >= SECOND * areas.max()).sum() > 1 or width > WIDE * height)
