"""Grey levels for values without an agreed scale."""

from __future__ import annotations

import numpy as np

from hilum.readers.stretch import robust_range, stretch


def test_one_hot_pixel_does_not_darken_the_rest() -> None:
    values = np.arange(1001, dtype=np.uint16)
    values[-1] = 65535
    assert robust_range(values) == (5.0, 995.0)


def test_a_nearly_constant_picture_keeps_its_extremes() -> None:
    values = np.zeros(1000, np.uint16)
    values[0] = 40
    assert robust_range(values) == (0.0, 40.0)


def test_a_constant_has_a_range_without_width_and_becomes_black() -> None:
    values = np.full((2, 2), 7, np.uint16)
    assert robust_range(values) == (7.0, 7.0)
    assert stretch(values, (7.0, 7.0)).tolist() == [[0, 0], [0, 0]]


def test_values_that_are_no_numbers_are_black_and_do_not_count() -> None:
    values = np.array([np.nan, 0.0, 1.0, np.inf], np.float32)
    assert robust_range(values) == (0.005, 0.995)
    assert stretch(values, (0.0, 1.0)).tolist() == [0, 0, 255, 255]
    assert robust_range(np.array([np.nan])) == (0.0, 0.0)
