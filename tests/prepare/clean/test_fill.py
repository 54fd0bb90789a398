"""Filling in: what surrounds a hole goes on in it, and nothing else changes."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hilum.prepare.clean.fill import fill


def hole(shape: tuple[int, int], rows: slice, columns: slice) -> np.ndarray:
    mask = np.zeros(shape, dtype=bool)
    mask[rows, columns] = True
    return mask


def test_an_even_surrounding_is_continued_exactly() -> None:
    pixels = np.full((60, 80), 90, dtype=np.uint8)
    mask = hole((60, 80), slice(10, 30), slice(20, 50))
    marked = np.where(mask, 255, pixels).astype(np.uint8)
    assert (fill(marked, mask) == pixels).all()


def test_a_slope_is_continued_to_a_few_grey_levels() -> None:
    pixels = np.tile(np.linspace(40, 200, 80), (60, 1)).astype(np.uint8)
    mask = hole((60, 80), slice(25, 32), slice(30, 37))
    filled = fill(np.where(mask, 0, pixels).astype(np.uint8), mask)
    assert np.abs(filled.astype(int) - pixels)[mask].max() <= 6


def test_a_hole_at_the_corner_takes_what_lies_beside_it() -> None:
    pixels = np.zeros((64, 64), dtype=np.uint8)
    mask = hole((64, 64), slice(0, 16), slice(0, 16))
    assert not fill(np.where(mask, 255, pixels).astype(np.uint8), mask).any()


def test_each_colour_is_filled_by_itself() -> None:
    pixels = np.zeros((40, 40, 3), dtype=np.uint8)
    pixels[...] = (10, 120, 230)
    mask = hole((40, 40), slice(5, 15), slice(5, 15))
    marked = pixels.copy()
    marked[mask] = 255
    assert (fill(marked, mask) == pixels).all()


@given(seed=st.integers(0, 1000), rows=st.integers(3, 50), columns=st.integers(3, 50))
def test_nothing_outside_changes_and_nothing_new_is_brighter(
    seed: int, rows: int, columns: int
) -> None:
    rng = np.random.default_rng(seed)
    pixels = rng.integers(50, 150, (rows, columns)).astype(np.uint8)
    mask = rng.random((rows, columns)) < 0.4
    mask[0, 0] = False
    marked = np.where(mask, 255, pixels).astype(np.uint8)
    filled = fill(marked, mask)
    assert (filled[~mask] == pixels[~mask]).all()
    assert filled.min() >= pixels[~mask].min() and filled.max() <= pixels[~mask].max()
