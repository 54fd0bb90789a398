"""Facts of how a slice was made into a picture, measured on its grey levels.

Each is chosen so that a lesion changes it little: medians, low percentiles, outlines.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from hilum.prepare.lungs import body_mask, lungs_mask

__all__ = ["PICTURE_FACTS", "measure_picture"]

Grey = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]

PICTURE_FACTS = {
    "sharpness": "sharpness",
    "noise": "noise",
    "grey_depth": "grey levels",
    "darkest": "window",
    "brightest": "window",
    "tissue_grey": "window",
    "lung_grey": "window",
    "body_width": "crop",
    "body_height": "crop",
    "body_aspect": "orientation",
    "lungs_above": "orientation",
}
"""Fact -> what it is a fact of."""

LOW, HIGH = 2.0, 98.0
"""Percentiles that stand for the darkest and the brightest grey: single pixels don't count."""
STEEPEST = 99.0
"""Percentile of the gradient that stands for an edge: the outline of body and lungs."""
HEALTHY = 25.0
"""Percentile of the grey levels inside the lungs: what disease fills is brighter."""
FLATTEST = 20.0
"""Share of the inner pixels, per cent, that noise is measured on: those with the least edges."""
INSIDE = (4, 251)
"""Grey levels beyond which clipping hides the noise."""
MASK = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], dtype=np.float32)
"""Second difference in both directions: blind to planes and straight edges (Immerkaer 1996,
Computer Vision and Image Understanding 64:300); white noise of 1 grey level becomes 6."""
GAIN, TO_SIGMA = 6.0, 0.6745


def measure_picture(grey: Grey) -> dict[str, float]:
    """Return the facts of PICTURE_FACTS of one slice; NaN where one can't be measured.

    Args:
        grey: (rows, columns) uint8 at the file's own size.

    Returns:
        `sharpness`: steepest edge in grey levels a pixel, over the grey range;
        `noise`: standard deviation in grey levels; `grey_depth`: bits that the grey levels that
        occur would need, 0 to 8; `darkest`, `brightest`: percentiles 2 and 98
        of the body: how much air is in the frame has no part in them; `tissue_grey`,
        `lung_grey`: median of the body outside the lungs, first quartile inside; `body_width`,
        `body_height`: extent of the body as
        a share of the picture; `body_aspect`: its width over its height, in pixels;
        `lungs_above`: 1 where the centre of the lungs lies above the body's middle, else 0: only
        the side, for disease moves the centre. A mirrored slice is not told.
    """
    body, lungs = body_mask(grey), lungs_mask(grey)
    inside = grey[body] if body.any() else grey.ravel()
    low, high = np.percentile(inside, [LOW, HIGH])
    return {
        "sharpness": _sharpness(grey, high - low),
        "noise": _noise(grey),
        "grey_depth": float(round(np.log2(np.count_nonzero(np.bincount(grey.ravel()))))),
        "darkest": float(low),
        "brightest": float(high),
        "tissue_grey": _percentile(grey[body & ~lungs], 50),
        "lung_grey": _percentile(grey[lungs], HEALTHY),
        **_places(body, lungs),
    }


def _percentile(values: Grey, percentile: float) -> float:
    return float(np.percentile(values, percentile)) if len(values) else float("nan")


def _sharpness(grey: Grey, spread: float) -> float:
    """Return the steepest edges over the grey range, per pixel."""
    if spread <= 0:
        return float("nan")
    across = cv2.Sobel(grey, cv2.CV_32F, 1, 0, ksize=3, scale=0.125)
    down = cv2.Sobel(grey, cv2.CV_32F, 0, 1, ksize=3, scale=0.125)
    return float(np.percentile(np.hypot(across, down), STEEPEST) / spread)


def _noise(grey: Grey) -> float:
    """Return the noise of the flattest pixels that aren't clipped."""
    if min(grey.shape) < 5:
        return float("nan")
    values = grey.astype(np.float32)
    detail = np.abs(cv2.filter2D(values, cv2.CV_32F, MASK))[2:-2, 2:-2]
    smooth = cv2.GaussianBlur(values, (0, 0), 1.5)
    slope = np.hypot(cv2.Sobel(smooth, cv2.CV_32F, 1, 0), cv2.Sobel(smooth, cv2.CV_32F, 0, 1))
    level, slope = smooth[2:-2, 2:-2], slope[2:-2, 2:-2]
    inner = (level > INSIDE[0]) & (level < INSIDE[1])
    if inner.sum() < 50:
        return float("nan")
    flat = inner & (slope <= np.percentile(slope[inner], FLATTEST))
    return float(np.median(detail[flat]) / TO_SIGMA / GAIN)


def _places(body: Mask, lungs: Mask) -> dict[str, float]:
    """Return how the body lies in the picture, and the lungs in the body."""
    none = float("nan")
    if not body.any():
        return dict.fromkeys(("body_width", "body_height", "body_aspect", "lungs_above"), none)
    rows, columns = np.flatnonzero(body.any(axis=1)), np.flatnonzero(body.any(axis=0))
    height, width = rows[-1] - rows[0] + 1, columns[-1] - columns[0] + 1
    inside = np.flatnonzero(lungs.any(axis=1))
    middle = np.average(np.arange(len(lungs)), weights=lungs.sum(axis=1)) if len(inside) else none
    return {
        "body_width": float(width / body.shape[1]),
        "body_height": float(height / body.shape[0]),
        "body_aspect": float(width / height),
        "lungs_above": float(middle < rows[0] + height / 2) if len(inside) else none,
    }
