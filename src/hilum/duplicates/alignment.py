"""Two small pictures laid over one another, and how far their detail agrees then."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from hilum.duplicates.fingerprint import detail_of

__all__ = ["aligned_correlation", "correlation"]

Grey = npt.NDArray[np.uint8]

STEPS, ENOUGH = 20, 1e-3
"""Steps of the alignment at most, and the gain of a step at which it ends (of a correlation)."""

SMOOTHING = 3
"""Pixels of the Gaussian that the alignment smooths with, so that it does not lock onto noise."""

LEAST_OVERLAP = 0.6
"""Less of one picture than this within the other is no cropping but two pictures."""


def aligned_correlation(one: Grey, other: Grey) -> float:
    """Return Pearson's correlation of the detail of two pictures (SIZE, SIZE), -1 ... 1.

    The second is moved, stretched and sheared over the first before (an affine map that
    maximises the enhanced correlation coefficient: Evangelidis and Psarakis 2008, IEEE TPAMI
    30:1858), so that a cropped copy counts as a copy. Where no such map is found: 0.
    """
    first, second = one.astype(np.float32), other.astype(np.float32)
    criteria = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, STEPS, ENOUGH)
    start = np.eye(2, 3, dtype=np.float32)
    inside = np.full(first.shape, 255, dtype=np.uint8)
    try:
        _, found = cv2.findTransformECC(
            first, second, start, cv2.MOTION_AFFINE, criteria, inside, SMOOTHING
        )
    except cv2.error:  # it does not converge: they have nothing in common
        return 0.0
    size = first.shape[::-1]
    how = cv2.WARP_INVERSE_MAP
    moved = cv2.warpAffine(
        second, found, size, flags=cv2.INTER_LINEAR | how, borderMode=cv2.BORDER_REPLICATE
    )
    seen = cv2.warpAffine(inside, found, size, flags=cv2.INTER_NEAREST | how)
    if (seen > 0).mean() < LEAST_OVERLAP:
        return 0.0
    within = cv2.erode(seen, np.ones((3, 3), dtype=np.uint8)) > 0
    return correlation(detail_of(first)[within], detail_of(moved)[within])


def correlation(one: npt.NDArray[np.floating], other: npt.NDArray[np.floating]) -> float:
    """Return Pearson's correlation of two arrays of one shape; 0 where one of them is constant."""
    a, b = one - one.mean(), other - other.mean()
    size = float(np.sqrt((a * a).sum() * (b * b).sum()))
    return float((a * b).sum()) / size if size else 0.0
