"""Where the lungs and the body are in a grey slice, by its dark and its bright parts.

A rough finder without any training: it serves checks that black a region out, not measurements.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

__all__ = ["body_mask", "lungs_mask"]

Grey = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]

SIDE = 128
"""Pixels of the longer side at which parts are looked for: vessels are gone, lungs are not."""
SMALLEST_LUNG = 0.004
"""Share of the picture below which a dark part inside the body is no lung (trachea, bowel gas)."""
DARKEST = 20
"""Grey level above which something is body at the least, where the picture is nearly empty."""
ON_FRAME = 0.25
"""A dark part of which more than this share of its outline lies on the frame is the air outside."""


def lungs_mask(grey: Grey) -> Mask:
    """Return where the lungs are: the convex hull of each side's dark parts inside the body.

    Args:
        grey: (rows, columns) uint8.

    Returns:
        (rows, columns) bool; all False where nothing dark is found inside the body. Disease that
        is as bright as the chest wall and lies at the edge of a lung is left outside.
    """
    small = _small(grey)
    bright = small > _threshold(small)
    parts = _dark_parts(bright)
    hulls = np.zeros(small.shape, dtype=np.uint8)
    if parts.any():
        contours, _ = cv2.findContours(
            parts.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE
        )
        for contour in contours:
            cv2.fillConvexPoly(hulls, cv2.convexHull(contour), 1)
    return _as_large_as(hulls, grey)


def body_mask(grey: Grey) -> Mask:
    """Return where the body is: the largest bright part with all that it encloses.

    Args:
        grey: (rows, columns) uint8.

    Returns:
        (rows, columns) bool; all False where nothing is bright.
    """
    small = _small(grey)
    bright = (small > _threshold(small)).astype(np.uint8)
    closed = cv2.morphologyEx(bright, cv2.MORPH_CLOSE, np.ones((5, 5), dtype=np.uint8))
    contours, _ = cv2.findContours(closed, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    filled = np.zeros(small.shape, dtype=np.uint8)
    if contours:
        largest = max(contours, key=cv2.contourArea)
        cv2.drawContours(filled, [largest], -1, 1, thickness=cv2.FILLED)
    return _as_large_as(filled, grey)


def _small(grey: Grey) -> Grey:
    """Return the slice with at most SIDE pixels on its longer side, slightly smoothed."""
    scale = min(1.0, SIDE / max(grey.shape))
    sides = [max(1, round(side * scale)) for side in grey.shape[::-1]]
    reduced = cv2.resize(np.ascontiguousarray(grey), sides, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.medianBlur(reduced, 3), dtype=np.uint8)


def _threshold(small: Grey) -> float:
    """Return the grey level between air and tissue (Otsu 1979, IEEE Trans. SMC 9:62)."""
    level, _ = cv2.threshold(small, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    return max(float(DARKEST), float(level))


def _dark_parts(bright: Mask) -> Mask:
    """Return the dark parts that are large enough for a lung and are not the air outside."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats((~bright).astype(np.uint8))
    outline = np.ones(bright.shape, dtype=bool)
    outline[1:-1, 1:-1] = False
    accepted = np.zeros(bright.shape, dtype=bool)
    for number in range(1, count):
        part = labels == number
        if stats[number, cv2.CC_STAT_AREA] < SMALLEST_LUNG * bright.size:
            continue
        inner = cv2.erode(part.astype(np.uint8), np.ones((3, 3), dtype=np.uint8), borderValue=0)
        edge = part & (inner == 0)
        if (edge & outline).sum() <= ON_FRAME * edge.sum():
            accepted |= part
    return accepted


def _as_large_as(small: npt.NDArray[np.uint8], grey: Grey) -> Mask:
    """Return a mask of the small picture in the pixels of the slice."""
    sides = grey.shape[::-1]
    return np.asarray(cv2.resize(small, sides, interpolation=cv2.INTER_NEAREST) > 0, dtype=bool)
