"""Resizing equals OpenCV's in every pixel."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hilum.prepare import resize


def _by_opencv(grey: np.ndarray, size: int) -> np.ndarray:
    shrinks = grey.shape[0] >= size and grey.shape[1] >= size
    how = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return cv2.resize(grey, (size, size), interpolation=how)


def _noise(rows: int, columns: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (rows, columns)).astype(np.uint8)


@given(
    rows=st.integers(1, 400), columns=st.integers(1, 400), size=st.integers(1, 300),
    seed=st.integers(0, 9),
)  # fmt: skip
@settings(max_examples=150, deadline=None)
def test_every_pixel_equals_opencv(rows: int, columns: int, size: int, seed: int) -> None:
    grey = _noise(rows, columns, seed)
    assert np.array_equal(resize(grey, size), _by_opencv(grey, size))


@pytest.mark.parametrize("size", [224, 299])
@pytest.mark.parametrize(
    "shape",
    [
        (512, 512), (448, 448), (598, 897), (672, 224), (224, 500), (299, 299), (223, 512),
        (1024, 768), (100, 100), (1, 1), (1, 900), (3000, 10),
    ],
)  # fmt: skip
def test_sizes_that_occur_equal_opencv(shape: tuple[int, int], size: int) -> None:
    grey = _noise(*shape)
    assert np.array_equal(resize(grey, size), _by_opencv(grey, size))


def test_black_and_white_edges_equal_opencv() -> None:
    grey = np.where(np.arange(512) % 7 < 3, 255, 0).astype(np.uint8)[None, :].repeat(333, axis=0)
    assert np.array_equal(resize(grey, 224), _by_opencv(grey, 224))


def test_a_slice_of_the_right_size_is_copied() -> None:
    grey = _noise(32, 32)
    resized = resize(grey, 32)
    assert np.array_equal(resized, grey)
    assert not np.shares_memory(resized, grey)
