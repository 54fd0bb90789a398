"""Boxes, masks and maps carried into a harmonised picture and back."""

from __future__ import annotations

import numpy as np
import pytest

from hilum.boxes import Box
from hilum.prepare.harmonise import ShownPart

PARTS = {"inside": (8, 4, 46, 44), "beyond": (-6, -4, 58, 60)}


def placed(turns: int, part: str) -> ShownPart:
    return ShownPart((50, 70), turns, *PARTS[part], side=64)


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("turns", range(4))
def test_box_lies_where_its_mask_lies_and_comes_back(turns: int, part: str) -> None:
    placement, box = placed(turns, part), Box(20, 30, 28, 40)
    mask = np.zeros(placement.shape, dtype=bool)
    mask[box.row_min : box.row_max, box.col_min : box.col_max] = True
    (moved,) = placement.boxes([box])
    rows, columns = (np.flatnonzero(placement.mask(mask).any(axis=axis)) for axis in (1, 0))
    seen = (rows[0], columns[0], rows[-1] + 1, columns[-1] + 1)
    assert np.abs(np.subtract(moved, seen)).max() <= 1
    (back,) = placement.boxes_back([moved])
    assert np.abs(np.subtract(back, box)).max() <= 1


@pytest.mark.parametrize("turns", range(4))
def test_map_peaks_in_the_slice_where_it_peaked_in_the_picture(turns: int) -> None:
    placement = placed(turns, "beyond")
    grey = np.zeros(placement.shape, dtype=np.uint8)
    grey[18:26, 40:48] = 200
    back = placement.map_back(placement.picture(grey).astype(np.float32))
    assert back.shape == placement.shape
    row, column = np.unravel_index(back.argmax(), back.shape)
    assert 18 <= row < 26
    assert 40 <= column < 48
    assert np.abs(back - grey).mean() < 3


def test_what_the_picture_does_not_show_is_left_out() -> None:
    placement = placed(0, "inside")
    assert placement.boxes([Box(46, 50, 48, 60)]) == []
    back = placement.map_back(np.ones((7, 7), dtype=np.float32))
    assert back[8:46, 4:44].min() == 1
    assert back.sum() == 38 * 40


def test_mark_smaller_than_a_pixel_is_not_lost() -> None:
    placement = ShownPart((500, 500), 0, 0, 0, 500, 500, side=64)
    mask = np.zeros((500, 500), dtype=bool)
    mask[100, 100] = True
    assert placement.mask(mask).sum() >= 1
