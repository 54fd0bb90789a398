"""A fixed set of features of a slice that needs neither torch nor weights.

What a frozen network's features are asked elsewhere is asked of these where there is none: edges
by place (histograms of oriented gradients, Dalal and Triggs 2005), texture (local binary patterns,
Ojala et al. 2002), grey levels by place, and a histogram. Weaker than a network: what they don't
show, a network may.
"""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt

__all__ = ["FIXED_NAME", "FIXED_SIZE", "fixed_features"]

Grey = npt.NDArray[np.uint8]
Features = npt.NDArray[np.float32]

FIXED_NAME = "fixed features (gradients, textures, grey levels; no network)"
FIXED_SIZE = 224
"""Side of the square that they are computed on, pixels."""
CELLS, ANGLES = 8, 9
"""Gradients: cells a side, directions of each."""
BLOCKS = 8
"""Grey levels by place: blocks a side."""
PATTERNS = 256
LEVELS = 32


def fixed_features(grey: Grey) -> Features:
    """Return (n, 1,248) float32 features of slices (n, size, size) uint8."""
    return np.stack([_of_one(one) for one in grey]) if len(grey) else np.zeros((0, 0), np.float32)


def _of_one(grey: Grey) -> Features:
    parts = [
        _gradients(grey),
        _blocks(grey),
        _patterns(grey),
        _patterns(_half(grey)),
        _levels(grey),
    ]
    return np.concatenate(parts).astype(np.float32)


def _half(grey: Grey) -> Grey:
    rows, columns = grey.shape
    reduced = cv2.resize(grey, (columns // 2, rows // 2), interpolation=cv2.INTER_AREA)
    return np.asarray(reduced, dtype=np.uint8)


def _gradients(grey: Grey) -> npt.NDArray[np.float64]:
    """Return the share of each direction in the gradients of each cell, its root."""
    across = cv2.Sobel(grey, cv2.CV_32F, 1, 0)
    down = cv2.Sobel(grey, cv2.CV_32F, 0, 1)
    size, angle = cv2.cartToPolar(across, down)
    direction = (angle * np.float32(ANGLES / np.pi)).astype(np.int32)
    direction %= ANGLES  # opposite directions are one
    direction += _cells(*grey.shape)
    sums = np.bincount(direction.ravel(), weights=size.ravel(), minlength=CELLS * CELLS * ANGLES)
    cells = sums.reshape(-1, ANGLES)
    shares = cells / (cells.sum(axis=1, keepdims=True) + 1.0)
    return np.asarray(np.sqrt(shares).ravel(), dtype=np.float64)


@lru_cache(4)
def _cells(rows: int, columns: int) -> npt.NDArray[np.int32]:
    """Return (rows, columns) where the directions of each pixel's cell begin."""
    down = np.arange(rows, dtype=np.int32)[:, None] * CELLS // rows
    across = np.arange(columns, dtype=np.int32)[None, :] * CELLS // columns
    return np.asarray((down * CELLS + across) * ANGLES, dtype=np.int32)


def _blocks(grey: Grey) -> npt.NDArray[np.float64]:
    """Return mean and standard deviation of each block."""
    values = grey.astype(np.float32)
    mean = cv2.resize(values, (BLOCKS, BLOCKS), interpolation=cv2.INTER_AREA)
    square = cv2.resize(values**2, (BLOCKS, BLOCKS), interpolation=cv2.INTER_AREA)
    spread = np.sqrt(np.maximum(0, square - mean**2))
    return np.concatenate([mean.ravel(), spread.ravel()]).astype(np.float64)


def _patterns(grey: Grey) -> npt.NDArray[np.float64]:
    """Return the root of the share of each of 256 local binary patterns."""
    centre = grey[1:-1, 1:-1]
    code = np.zeros(centre.shape, dtype=np.uint8)
    around = ((0, 0), (0, 1), (0, 2), (1, 2), (2, 2), (2, 1), (2, 0), (1, 0))
    for bit, (row, column) in enumerate(around):
        neighbours = grey[row : row + centre.shape[0], column : column + centre.shape[1]]
        code |= (neighbours > centre).view(np.uint8) << np.uint8(bit)
    return np.sqrt(np.bincount(code.ravel(), minlength=PATTERNS) / code.size)


def _levels(grey: Grey) -> npt.NDArray[np.float64]:
    """Return the root of the share of each of 32 grey levels."""
    counts = np.bincount(grey.ravel() // (256 // LEVELS), minlength=LEVELS)
    return np.sqrt(counts / grey.size)
