"""Masks of the lungs that can be made without a hand: by Hounsfield units, lesions included."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

__all__ = ["lungs_by_hu"]

HU = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

AIR = -400.0
"""HU below which a pixel is aerated; vessels and walls of airways come in by filling."""
BODY = -500.0
SMALLEST = 0.002
"""Share of the picture below which an aerated part is no lung (trachea, gas)."""
GAS = -930.0
"""Mean HU below which an aerated part is gas, not lung: bowel, stomach, trachea."""
CLOSING = 0.03
"""Radius of the closing at the hilum and around what touches the pleura, as a share of the side."""


def lungs_by_hu(hu: HU, lesion: Mask | None = None) -> Mask:
    """Return the lungs of a slice: aerated parts inside the body, closed and filled.

    Args:
        hu: (rows, columns) float32; a body that the picture holds as a whole.
        lesion: (rows, columns) bool, what belongs to the lungs whatever it looks like.
    """
    smooth = cv2.GaussianBlur(np.asarray(hu, np.float32), (0, 0), 0.8)
    body = _filled(_largest(smooth > BODY))
    dark = body & (smooth < AIR)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(dark.astype(np.uint8))
    lungs = np.zeros(dark.shape, bool)
    for number in range(1, count):
        left, _, width, _, area = stats[number]
        central = abs(left + width / 2 - _middle(body)) < 0.08 * dark.shape[1]
        large = area >= (3 if central else 1) * SMALLEST * dark.size
        if large and smooth[labels == number].mean() > GAS:
            lungs |= labels == number
    if lesion is not None and lungs.any():
        lungs |= lesion
    radius = max(1, round(CLOSING * min(hu.shape)))
    closed = np.zeros(dark.shape, bool)
    for side in _sides(lungs):
        closed |= _filled(_closed(side, radius))
    return closed


def _sides(lungs: Mask) -> list[Mask]:
    """Return the parts of the lungs, those that only touch parted by an erosion."""
    core = cv2.erode(lungs.astype(np.uint8), cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5)))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(core)
    large = [n for n in range(1, count) if stats[n, cv2.CC_STAT_AREA] > 0.08 * core.sum()]
    if len(large) < 2:
        return [lungs]
    far = np.stack([cv2.distanceTransform((labels != n).astype(np.uint8), cv2.DIST_L2, 5)
                    for n in large])  # fmt: skip
    nearest = far.argmin(axis=0)
    return [lungs & (nearest == index) for index in range(len(large))]


def _closed(mask: Mask, radius: int) -> Mask:
    wide = np.pad(mask.astype(np.uint8), 2 * radius)
    side = 2 * radius + 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    closed = cv2.morphologyEx(wide, cv2.MORPH_CLOSE, kernel)
    return np.asarray(closed[2 * radius : -2 * radius, 2 * radius : -2 * radius] > 0)


def _filled(mask: Mask) -> Mask:
    """Return a mask with its holes filled."""
    contours, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    full = np.zeros(mask.shape, np.uint8)
    cv2.drawContours(full, contours, -1, 1, thickness=cv2.FILLED)
    return full > 0


def _largest(mask: Mask) -> Mask:
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    if len(stats) < 2:
        return mask
    return np.asarray(labels == 1 + int(stats[1:, cv2.CC_STAT_AREA].argmax()))


def _middle(body: Mask) -> float:
    columns = np.flatnonzero(body.any(axis=0))
    return float(columns.mean()) if len(columns) else body.shape[1] / 2
