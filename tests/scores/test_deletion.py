"""The games: which pixel goes when, what is left, and the area by hand."""

from __future__ import annotations

import numpy as np
import pytest

from hilum.scores.deletion import area, blank, perturbed, ranks, shares, shifted


def chance() -> np.random.Generator:
    return np.random.default_rng(0)


def test_the_largest_pixels_go_first_and_equal_ones_by_lot() -> None:
    cam_map = np.array([[0, 3, 0], [1, 0, 2]], dtype=np.float32)
    found = ranks(cam_map, chance())
    assert found[0, 1] == 0
    assert found[1, 2] == 1
    assert found[1, 0] == 2
    assert sorted(found.ravel()) == list(range(6))
    ties = [tuple(ranks(np.zeros((2, 2), np.float32), np.random.default_rng(n)).ravel())
            for n in range(20)]  # fmt: skip
    assert len(set(ties)) > 5


def test_a_moved_map_has_the_same_values_never_in_the_same_place() -> None:
    cells = np.arange(12, dtype=np.float32).reshape(3, 4)
    for seed in range(30):
        found = shifted(cells, np.random.default_rng(seed))
        assert sorted(found.ravel()) == list(range(12))
        assert (found != cells).all()
    assert shifted(np.ones((1, 1), np.float32), chance()) == 1


def test_pixels_are_removed_and_put_back_share_by_share() -> None:
    grey = np.arange(16, dtype=np.uint8).reshape(4, 4) * 10
    turns = np.arange(16).reshape(4, 4)
    steps = list(perturbed(grey, turns, "deletion", steps=4))
    mean = round(float(grey.mean()))
    assert len(steps) == 5
    np.testing.assert_array_equal(steps[0], grey)
    assert (steps[1][0] == mean).all()
    np.testing.assert_array_equal(steps[1][1:], grey[1:])
    assert (steps[4] == mean).all()
    back = list(perturbed(grey, turns, "insertion", steps=4))
    np.testing.assert_array_equal(back[0], blank(grey, "insertion"))
    np.testing.assert_array_equal(back[2][:2], grey[:2])
    np.testing.assert_array_equal(back[4], grey)
    np.testing.assert_allclose(shares(4), [0, 0.25, 0.5, 0.75, 1])


def test_an_emptied_slice_has_its_mean_and_no_detail() -> None:
    grey = np.zeros((80, 80), dtype=np.uint8)
    grey[::2] = 200
    assert (blank(grey, "deletion") == 100).all()
    blurred = blank(grey, "insertion")
    assert blurred.dtype == np.uint8
    assert np.ptp(blurred[16:-16]) <= 2


def test_the_area_is_that_of_trapezoids() -> None:
    curves = np.array([[1.0, 1.0, 0.0, 0.0, 0.0], [0.5, 0.5, 0.5, 0.5, 0.5]])
    assert area(curves) == pytest.approx([1.5 / 4, 0.5])
