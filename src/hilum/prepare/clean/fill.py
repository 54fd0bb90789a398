"""Filling holes from their surroundings: means of ever larger neighbourhoods, as far as needed.

A pyramid is built of the known pixels alone (push); going back down, each hole takes the level
above it where its own has nothing (pull). Gortler et al. 1996, The Lumigraph, section 3.4.
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
"""Pixels of the shorter side at which the pyramid ends: a mean of all is all that is left."""

FULL = 0.25
"""A pixel of a smaller level counts as known once this share of its neighbourhood is."""

HALO = 1
"""Pixels around a hole that don't count as known: the blurred edge of what stood in it."""


def fill(pixels: Pixels, mask: Mask) -> Pixels:
    """Return `pixels` with those of `mask` replaced by what surrounds them.

    Args:
        pixels: (rows, columns) or (rows, columns, channels) uint8.
        mask: (rows, columns) bool; at least one pixel is False.

    Returns:
        as `pixels`; equal to it outside of `mask`.
    """
    halo = cv2.dilate(mask.astype(np.uint8), np.ones((2 * HALO + 1, 2 * HALO + 1))) > 0
    known = (~(mask if halo.all() else halo)).astype(np.float32)
    channels = [pixels] if pixels.ndim == 2 else list(np.moveaxis(pixels, 2, 0))
    filled = [_push_pull(channel.astype(np.float32) * known, known) for channel in channels]
    found = filled[0] if pixels.ndim == 2 else np.stack(filled, axis=2)
    rounded = np.clip(np.rint(found), 0, 255).astype(np.uint8)
    return np.where(mask if pixels.ndim == 2 else mask[..., None], rounded, pixels)


def _push_pull(values: Layer, known: Layer) -> Layer:
    """Return `values` with the unknown ones filled in; `known` is 0 to 1 and `values` 0 where 0."""
    if min(values.shape) <= SMALLEST or known.min() == 1:
        mean = float((values * known).sum() / max(float(known.sum()), 1e-6))
        return np.asarray(values * known + mean * (1 - known), dtype=np.float32)
    weight = cv2.pyrDown(known)
    mean_of_known = cv2.pyrDown(values * known) / np.maximum(weight, 1e-6)
    sure = np.minimum(1, weight / FULL) * (weight > 1e-3)
    smaller = _push_pull(np.where(weight > 1e-3, mean_of_known, 0).astype(np.float32),
                         sure.astype(np.float32))  # fmt: skip
    above = cv2.pyrUp(smaller, dstsize=(values.shape[1], values.shape[0]))
    return np.asarray(values * known + above * (1 - known), dtype=np.float32)
