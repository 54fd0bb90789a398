"""Resizing slices to a network's input, equal to OpenCV to the last bit and without it.

The published code shrinks with `cv2.INTER_AREA`. These are the formulas of OpenCV's resize.cpp for
one channel of 8 bits, in the same order of operations and the same precision; the tests compare
every pixel. OpenCV takes 153 MB, a third of what predicting would need with it.
"""

from __future__ import annotations

from functools import lru_cache
from math import ceil, floor

import numpy as np
import numpy.typing as npt

__all__ = ["resize"]

Grey = npt.NDArray[np.uint8]
Indices = npt.NDArray[np.intp]
Weights = npt.NDArray[np.float32]
FixedPoint = npt.NDArray[np.int32]

LEAST_SHARE = 1e-3
"""A smaller share of a pixel at the end of an area is left out, as OpenCV does."""

FIXED_ONE = 2048
"""The weight 1 of linear interpolation, which OpenCV computes in integers of 11 bits."""

SIZES_IN_MEMORY = 256
"""Pairs of a slice's side and the network's whose weights are kept."""


def resize(grey: Grey, size: int) -> Grey:
    """Return a slice as (size, size) uint8; the aspect ratio is not kept, as in the paper.

    The result equals `cv2.resize`: INTER_AREA where neither side grows, else INTER_LINEAR.

    Args:
        grey: (rows, columns) uint8, at least one pixel.
        size: side of the square, pixels.
    """
    rows, columns = grey.shape
    if (rows, columns) == (size, size):
        return grey.copy()
    if rows < size or columns < size:
        return _linear(grey, size)
    if rows % size == 0 and columns % size == 0:
        return _block_means(grey, size)
    return _area(grey, size)


def _block_means(grey: Grey, size: int) -> Grey:
    """Shrink by whole factors: the mean of each block of pixels."""
    height, width = grey.shape[0] // size, grey.shape[1] // size
    sums = grey.reshape(size, height, size, width).sum(axis=(1, 3), dtype=np.int64)
    if height == width == 2:
        upwards: Grey = ((sums + 2) >> 2).astype(np.uint8)  # halves; elsewhere to even
        return upwards
    return _rounded(sums.astype(np.float32) * np.float32(1 / (height * width)))


def _area(grey: Grey, size: int) -> Grey:
    """Shrink by other factors: means weighted by the share of each pixel, along rows first."""
    pixels = grey.astype(np.float32)
    narrow = np.zeros((grey.shape[0], size), dtype=np.float32)
    for columns, weights in zip(*_area_weights(grey.shape[1], size), strict=True):
        narrow += np.take(pixels, columns, axis=1) * weights
    means = np.zeros((size, size), dtype=np.float32)
    for rows, weights in zip(*_area_weights(grey.shape[0], size), strict=True):
        means += narrow[rows] * weights[:, None]
    return _rounded(means)


@lru_cache(SIZES_IN_MEMORY)
def _area_weights(source: int, size: int) -> tuple[Indices, Weights]:
    """Return which pixels of a side of `source` pixels each of `size` areas covers, and how much.

    Returns:
        (n, size) indices and (n, size) weights: the k-th pixel of each area, in ascending order.
        Areas of fewer than n pixels are filled up with weight 0.
    """
    scale = 1 / (size / source)
    areas = [_covered(index * scale, scale, source) for index in range(size)]
    most = max(map(len, areas))
    indices = np.zeros((most, size), dtype=np.intp)
    weights = np.zeros((most, size), dtype=np.float32)
    for column, area in enumerate(areas):
        for row, (index, weight) in enumerate(area):
            indices[row, column], weights[row, column] = index, weight
    return indices, weights


def _covered(start: float, scale: float, source: int) -> list[tuple[int, float]]:
    """Return the pixels from `start` to `start + scale` with their shares of that length."""
    end = start + scale
    length = min(scale, source - start)
    last = min(floor(end), source - 1)
    first = min(ceil(start), last)
    shares = [(index, 1 / length) for index in range(first, last)]
    if first - start > LEAST_SHARE:
        shares.insert(0, (first - 1, (first - start) / length))
    if end - last > LEAST_SHARE:
        shares.append((last, min(end - last, 1.0, length) / length))
    return shares


def _rounded(means: Weights) -> Grey:
    """Return grey levels, halves rounded to even."""
    rounded: Grey = np.clip(np.rint(means), 0, 255).astype(np.uint8)
    return rounded


def _linear(grey: Grey, size: int) -> Grey:
    """Interpolate between the two nearest pixels along each side, in fixed point."""
    pixels = grey.astype(np.int32)
    before, after, first, second = _linear_weights(grey.shape[1], size, clamped=True)
    wide = np.take(pixels, before, axis=1) * first + np.take(pixels, after, axis=1) * second
    wide >>= 4
    before, after, first, second = _linear_weights(grey.shape[0], size, clamped=False)
    above = (wide[before] * first[:, None]) >> 16
    below = (wide[after] * second[:, None]) >> 16
    mixed: Grey = np.clip((above + below + 2) >> 2, 0, 255).astype(np.uint8)
    return mixed


@lru_cache(SIZES_IN_MEMORY)
def _linear_weights(
    source: int, size: int, *, clamped: bool
) -> tuple[Indices, Indices, FixedPoint, FixedPoint]:
    """Return, for each of `size` positions, the pixels before and after it and their weights.

    Beyond the middles of the outermost pixels, where both are the same pixel, OpenCV gives it all
    the weight along rows (`clamped`) and shares it along columns, which rounds differently.
    """
    scale = 1 / (size / source)
    position = ((np.arange(size) + 0.5) * scale - 0.5).astype(np.float32)
    before = np.floor(position).astype(np.intp)
    share = position - before.astype(np.float32)
    if clamped:
        share[(before < 0) | (before >= source - 1)] = 0
    one = np.float32(1)
    first = np.rint((one - share) * np.float32(FIXED_ONE)).astype(np.int32)
    second = np.rint(share * np.float32(FIXED_ONE)).astype(np.int32)
    return (
        np.clip(before, 0, source - 1), np.clip(before + 1, 0, source - 1), first, second,
    )  # fmt: skip
