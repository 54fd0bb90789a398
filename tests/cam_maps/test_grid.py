"""A map in the pixels of its slice: what was planted stands where it was planted."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from hilum.cam_maps import CENTRED, in_slice_pixels
from hilum.prepare.harmonise import ShownPart

Map = npt.NDArray[np.float32]


def planted(rows: int, columns: int, *at: int) -> Map:
    cam_map = np.zeros((rows, columns), dtype=np.float32)
    cam_map[at] = 3.0
    return cam_map


@pytest.mark.parametrize("shape", [(64, 64), (64, 128), (235, 320), (511, 300), (13, 9)])
def test_a_planted_pixel_stays_where_it_is(shape: tuple[int, int]) -> None:
    """Pixel (2, 5) of 8 x 8 covers rows 2/8 to 3/8 of the slice, columns 5/8 to 6/8."""
    grown = in_slice_pixels(planted(8, 8, 2, 5), shape)
    assert grown.shape == shape
    assert grown.dtype == np.float32
    rows, columns = np.indices(shape)
    middle = [(rows * grown).sum() / grown.sum(), (columns * grown).sum() / grown.sum()]
    expected = [2.5 / 8 * shape[0] - 0.5, 5.5 / 8 * shape[1] - 0.5]
    assert middle == pytest.approx(expected, abs=0.05)
    assert grown.max() <= 3.0
    assert grown.max() > 2.5 or min(shape) < 64


def test_values_between_two_middles_are_linear_and_outside_they_stay() -> None:
    grown = in_slice_pixels(np.array([[0.0, 4.0]], dtype=np.float32), (1, 8))
    np.testing.assert_allclose(grown[0], [0, 0, 0.5, 1.5, 2.5, 3.5, 4, 4])


def test_a_square_in_a_slice_is_found_again_through_the_networks_grid() -> None:
    """A slice of 60 x 120 seen at 32 x 32 and back: the square's edges come out where they are."""
    full = np.zeros((60, 120), dtype=np.float32)
    full[15:30, 60:90] = 1.0
    seen = full.reshape(20, 3, 20, 6).mean(axis=(1, 3))  # the full slice without cropping
    back = in_slice_pixels(seen, (60, 120)) > 0.5
    assert np.argwhere(back).min(axis=0).tolist() == [15, 60]
    assert np.argwhere(back).max(axis=0).tolist() == [29, 89]


def test_a_map_finer_than_its_slice_keeps_what_it_adds_up_to() -> None:
    grown = in_slice_pixels(planted(8, 8, 2, 5), (4, 4))
    assert grown[1, 2] == pytest.approx(3.0 / 4)
    assert grown.sum() == pytest.approx(3.0 / 4)


def test_a_map_of_the_slices_own_shape_is_itself() -> None:
    cam_map = np.random.default_rng(0).random((5, 7), dtype=np.float32)
    np.testing.assert_array_equal(in_slice_pixels(cam_map, (5, 7)), cam_map)


def test_a_zero_map_stays_zero_and_nan_stays_nan() -> None:
    assert (in_slice_pixels(np.zeros((3, 3), dtype=np.float32), (50, 40)) == 0).all()
    broken = planted(3, 3, 1, 1)
    broken[0, 0] = np.nan
    grown = in_slice_pixels(broken, (30, 30))
    assert np.isnan(grown[0, 0])
    assert not np.isnan(grown[-1, -1])


@pytest.mark.parametrize("shape", [(64, 64), (64, 128), (235, 320)])
def test_a_map_that_looks_beside_its_cells_is_moved_by_as_much(shape: tuple[int, int]) -> None:
    """Pixel (2, 5) of 8 x 8 that looks 1/16 up and 1/16 to the left stands at 2/8, 5/8."""
    grown = in_slice_pixels(planted(8, 8, 2, 5), shape, (-1 / 16, -1 / 16))
    rows, columns = np.indices(shape)
    middle = [(rows * grown).sum() / grown.sum(), (columns * grown).sum() / grown.sum()]
    expected = [2 / 8 * shape[0] - 0.5, 5 / 8 * shape[1] - 0.5]
    assert middle == pytest.approx(expected, abs=0.05)


def test_no_offset_to_speak_of_moves_nothing() -> None:
    cam_map = np.random.default_rng(0).random((7, 7), dtype=np.float32)
    full = in_slice_pixels(cam_map, (90, 60))
    np.testing.assert_allclose(in_slice_pixels(cam_map, (90, 60), (1e-9, 0.0)), full, atol=1e-5)


def test_map_of_a_part_lies_where_the_part_lies_and_is_zero_elsewhere() -> None:
    cam_map = np.zeros((4, 4), dtype=np.float32)
    cam_map[1, 2] = 3
    part = ShownPart((60, 80), 0, top=10, left=20, bottom=50, right=60, side=192)
    placed = in_slice_pixels(cam_map, (60, 80), CENTRED, part)
    assert placed.shape == (60, 80)
    assert np.unravel_index(placed.argmax(), placed.shape) in {
        (row, column) for row in range(20, 30) for column in range(40, 50)
    }
    outside = placed.copy()
    outside[10:50, 20:60] = 0
    assert not outside.any()
    full_part = in_slice_pixels(cam_map, (40, 40))
    assert np.allclose(placed[10:50, 20:60], full_part)
