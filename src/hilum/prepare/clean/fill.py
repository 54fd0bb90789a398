"""Filling holes from their surroundings, with means of neighbourhoods as large as needed.

A pyramid is built from the known pixels only (push); on the way back down, unknown pixels take the
value of the coarser level (pull). Gortler et al. 1996, The Lumigraph, section 3.4.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

__all__ = ["fill"]

Pixels = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]
Layer = npt.NDArray[np.float32]

SMALLEST = 2
"""Shorter side in pixels at which the pyramid ends; there the overall mean is used."""

FULL = 0.25
"""Share of known neighbours from which on a pixel of a coarser level counts as known."""

HALO = 1
"""Pixels around a hole that count as unknown: the blurred edge of the annotation."""


def fill(pixels: Pixels, mask: Mask) -> Pixels:
    """Return `pixels` with those of `mask` filled in from their surroundings.

    Args:
        pixels: (rows, columns) or (rows, columns, channels) uint8.
        mask: (rows, columns) bool; at least one pixel is False.

    Returns:
        of the shape of `pixels`, and equal to it outside `mask`.
    """
    halo = cv2.dilate(mask.astype(np.uint8), np.ones((2 * HALO + 1, 2 * HALO + 1))) > 0
    known = (~(mask if halo.all() else halo)).astype(np.float32)
    channels = [pixels] if pixels.ndim == 2 else list(np.moveaxis(pixels, 2, 0))
    filled = [_push_pull(channel.astype(np.float32) * known, known) for channel in channels]
    found = filled[0] if pixels.ndim == 2 else np.stack(filled, axis=2)
    rounded = np.clip(np.rint(found), 0, 255).astype(np.uint8)
    return np.where(mask if pixels.ndim == 2 else mask[..., None], rounded, pixels)


def _push_pull(values: Layer, known: Layer) -> Layer:
    """Return `values` with unknown pixels filled in; `known` is 0 to 1, unknown values are 0."""
    if min(values.shape) <= SMALLEST or known.min() == 1:
        mean = float((values * known).sum() / max(float(known.sum()), 1e-6))
        return np.asarray(values * known + mean * (1 - known), dtype=np.float32)
    weight = cv2.pyrDown(known)
    mean_of_known = cv2.pyrDown(values * known) / np.maximum(weight, 1e-6)
    certainty = np.minimum(1, weight / FULL) * (weight > 1e-3)
    smaller = _push_pull(np.where(weight > 1e-3, mean_of_known, 0).astype(np.float32),
                         certainty.astype(np.float32))  # fmt: skip
    coarser = cv2.pyrUp(smaller, dstsize=(values.shape[1], values.shape[0]))
    return np.asarray(values * known + coarser * (1 - known), dtype=np.float32)
