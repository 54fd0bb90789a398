"""Borders are cut away, content is not."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from hilum.duplicates.trim import trim


def block(rows: int, columns: int, *, at: tuple[int, int], size: tuple[int, int]) -> np.ndarray:
    grey = np.full((rows, columns), 255, dtype=np.uint8)
    checks = np.indices(size).sum(axis=0) % 2 * 200
    grey[at[0] : at[0] + size[0], at[1] : at[1] + size[1]] = checks
    return grey


def test_a_frame_is_cut_to_the_pixel_where_nothing_was_reduced() -> None:
    cut = trim(block(100, 120, at=(20, 30), size=(50, 60)))
    assert cut.shape == (50, 60)
    assert cut[0, 0] == 0 and cut[0, 1] == 200


def test_a_large_frame_is_cut_to_within_a_hundredth_a_side() -> None:
    grey = np.full((1000, 800), 255, dtype=np.uint8)
    grey[200:900, 100:500] = np.random.default_rng(0).integers(0, 256, (7, 4)).astype(
        np.uint8
    ).repeat(100, axis=0).repeat(100, axis=1)  # fmt: skip
    cut = trim(grey)
    assert abs(cut.shape[0] - 700) <= 16 and abs(cut.shape[1] - 400) <= 16


def test_air_inside_a_white_frame_goes_too() -> None:
    grey = block(100, 100, at=(40, 40), size=(30, 30))
    grey[10:90, 10:90][grey[10:90, 10:90] == 255] = 10
    cut = trim(grey)
    assert cut.shape == (30, 30)


def test_an_arrow_in_the_border_does_not_keep_it() -> None:
    grey = block(120, 120, at=(40, 40), size=(50, 50))
    cv2.line(grey, (5, 5), (15, 30), 0, 2)
    assert trim(grey).shape == (50, 50)


@pytest.mark.parametrize("shape", [(64, 64), (1, 1), (1, 300), (500, 3)])
def test_a_picture_of_one_grey_comes_back_whole(shape: tuple[int, int]) -> None:
    assert trim(np.full(shape, 7, dtype=np.uint8)).shape == shape


def test_what_is_cut_is_a_view_of_the_same_pixels() -> None:
    grey = block(100, 100, at=(20, 20), size=(50, 50))
    assert np.shares_memory(trim(grey), grey)
