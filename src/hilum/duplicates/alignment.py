"""Affine alignment of two small pictures, and the correlation of their detail."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from hilum.duplicates.fingerprint import detail_of

__all__ = ["aligned_correlation", "correlation"]

Grey = npt.NDArray[np.uint8]

STEPS, ENOUGH = 20, 1e-3
"""Maximum number of steps, and the gain in correlation below which the alignment stops."""

SMOOTHING = 3
"""Size in pixels of the Gaussian used for smoothing, so that the alignment ignores noise."""

LEAST_OVERLAP = 0.6
"""Smallest share of one picture inside the other; with less overlap they are not copies."""


def aligned_correlation(one: Grey, other: Grey) -> float:
    """Return Pearson's correlation of the detail of two pictures (SIZE, SIZE), -1 ... 1.

    The second is first aligned to the first with the affine transform that maximises the enhanced
    correlation coefficient (Evangelidis and Psarakis 2008, IEEE TPAMI 30:1858), so that a cropped
    copy counts as a copy. The result is 0 if the alignment does not converge.
    """
    first, second = one.astype(np.float32), other.astype(np.float32)
    criteria = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, STEPS, ENOUGH)
    start = np.eye(2, 3, dtype=np.float32)
    inside = np.full(first.shape, 255, dtype=np.uint8)
    try:
        _, transform = cv2.findTransformECC(
            first, second, start, cv2.MOTION_AFFINE, criteria, inside, SMOOTHING
        )
    except cv2.error:  # no convergence: the pictures have nothing in common
        return 0.0
    size = first.shape[::-1]
    inverse = cv2.WARP_INVERSE_MAP
    aligned = cv2.warpAffine(
        second, transform, size, flags=cv2.INTER_LINEAR | inverse, borderMode=cv2.BORDER_REPLICATE
    )
    visible = cv2.warpAffine(inside, transform, size, flags=cv2.INTER_NEAREST | inverse)
    if (visible > 0).mean() < LEAST_OVERLAP:
        return 0.0
    within = cv2.erode(visible, np.ones((3, 3), dtype=np.uint8)) > 0
    return correlation(detail_of(first)[within], detail_of(aligned)[within])


def correlation(one: npt.NDArray[np.floating], other: npt.NDArray[np.floating]) -> float:
    """Return Pearson's correlation of two arrays of one shape; 0 where one of them is constant."""
    a, b = one - one.mean(), other - other.mean()
    size = float(np.sqrt((a * a).sum() * (b * b).sum()))
    return float((a * b).sum()) / size if size else 0.0
