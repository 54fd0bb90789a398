"""One map against one tumour: each figure on maps made by hand, and what holds for any map."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hilum.boxes import Box
from hilum.errors import UsageError
from hilum.scores.localisation import (
    LEVELS,
    MEASURED,
    METRICS,
    MISSED,
    Found,
    Map,
    box_region,
    find,
)

SHAPE = (10, 20)
TUMOUR = box_region([Box(2, 4, 6, 9)], SHAPE)
"""4 rows x 5 columns: 20 of 200 pixels."""


def level(threshold: float) -> int:
    """Return the number of a threshold."""
    return round(threshold * LEVELS) - 1


def flat(value: float = 1.0) -> Map:
    return np.full(SHAPE, value, dtype=np.float32)


def test_a_map_that_is_the_tumour_is_perfect() -> None:
    found = find(TUMOUR.astype(np.float32) * 7, TUMOUR)
    assert found.metrics(level(0.3)) == dict.fromkeys(METRICS, 1.0) | {"hot": 0.1}


def test_a_map_beside_the_tumour_finds_nothing() -> None:
    adjacent = box_region([Box(0, 12, 10, 20)], SHAPE).astype(np.float32)
    found = find(adjacent, TUMOUR)
    assert found.metrics(level(0.3)) == dict.fromkeys(METRICS, 0.0) | {"hot": 0.4}


def test_the_hot_region_begins_at_half_of_the_largest_value() -> None:
    cam_map = np.zeros(SHAPE, dtype=np.float32)
    cam_map[0, 0] = 8
    cam_map[2:6, 4:7] = 4  # 12 of the 20 pixels, at exactly half
    cam_map[2:6, 7:9] = 3.9
    found = find(cam_map, TUMOUR)
    assert found.covered == pytest.approx(0.6)
    assert found.over_half == 1.0
    assert found.hot == pytest.approx(13 / 200)


def test_half_of_a_tumour_is_not_more_than_half() -> None:
    cam_map = box_region([Box(2, 4, 4, 9)], SHAPE).astype(np.float32)
    found = find(cam_map, TUMOUR)
    assert (found.covered, found.over_half) == (0.5, 0.0)


def test_pointing_asks_for_the_largest_value_alone() -> None:
    cam_map = flat(0.99)
    cam_map[5, 8] = 1
    assert find(cam_map, TUMOUR).pointing == 1.0
    cam_map[6, 8] = 1.01  # one row below the box, which ends before row 6
    assert find(cam_map, TUMOUR).pointing == 0.0


def test_of_several_largest_values_the_share_inside_counts() -> None:
    cam_map = np.zeros(SHAPE, dtype=np.float32)
    cam_map[[2, 3, 9, 9], [4, 4, 0, 1]] = 5
    assert find(cam_map, TUMOUR).pointing == 0.5


def test_a_flat_map_points_and_spends_its_energy_by_chance() -> None:
    found = find(flat(3), TUMOUR)
    assert found.pointing == pytest.approx(0.1)
    assert found.energy == pytest.approx(0.1)
    assert found.best_iou == pytest.approx(0.1)
    assert (found.covered, found.hot) == (1.0, 1.0)


def test_energy_is_the_share_of_the_sum() -> None:
    cam_map = np.zeros(SHAPE, dtype=np.float32)
    cam_map[3, 5], cam_map[0, 0] = 1, 3
    assert find(cam_map, TUMOUR).energy == pytest.approx(0.25)


def test_overlap_at_each_threshold() -> None:
    cam_map = np.zeros(SHAPE, dtype=np.float32)
    cam_map[2:6, 4:9] = 0.4  # the tumour
    cam_map[2:4, 4:9] = 1.0  # its upper half
    cam_map[8:10, 0:20] = 0.2  # 40 pixels elsewhere
    found = find(cam_map, TUMOUR)
    assert found.iou(level(0.2)) == pytest.approx(20 / 60)
    assert found.iou(level(0.21)) == pytest.approx(1.0)
    assert found.iou(level(0.39)) == pytest.approx(1.0)
    assert found.iou(level(0.41)) == pytest.approx(0.5)
    assert found.iou(level(1.0)) == pytest.approx(0.5)
    assert found.best_iou == pytest.approx(1.0)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_map_that_is_not_finite_has_missed(value: float) -> None:
    cam_map = TUMOUR.astype(np.float32)
    cam_map[0, 0] = value
    assert find(cam_map, TUMOUR) is MISSED


def test_a_map_of_zeros_has_missed() -> None:
    assert find(flat(0), TUMOUR) is MISSED
    assert MISSED.metrics(0) == dict.fromkeys(MEASURED, 0.0)


def test_what_is_below_zero_counts_as_zero() -> None:
    cam_map = TUMOUR.astype(np.float32)
    cam_map[0, :] = -4
    assert find(cam_map, TUMOUR).energy == 1.0


def test_a_map_of_another_shape_is_refused() -> None:
    with pytest.raises(UsageError, match=r"shape \(5, 5\) can't be compared with \(10, 20\)"):
        find(np.ones((5, 5), dtype=np.float32), TUMOUR)


def test_an_empty_region_is_refused() -> None:
    with pytest.raises(UsageError, match="a region without any pixel"):
        find(flat(), np.zeros(SHAPE, dtype=np.bool_))


def drawn_map(seed: int) -> Map:
    values = np.random.default_rng(seed).integers(0, 256, SHAPE)
    values[0, 0] = 255
    return np.asarray(values, dtype=np.float32)


def drawn_region(seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    row, column = rng.integers(0, 9), rng.integers(0, 19)
    bottom, right = rng.integers(row + 1, 11), rng.integers(column + 1, 21)
    return box_region([Box(int(row), int(column), int(bottom), int(right))], SHAPE)


def numbers(found: Found) -> np.ndarray:
    return np.array([*found[:4], *found.overlap, found.hot])


@given(st.integers(0, 2**32 - 1), st.integers(-20, 20))
def test_scaling_a_map_changes_no_figure(seed: int, power: int) -> None:
    cam_map, region = drawn_map(seed), drawn_region(seed)
    scaled = cam_map * np.float32(2.0**power)
    assert numbers(find(scaled, region)) == pytest.approx(numbers(find(cam_map, region)))


@given(st.integers(0, 2**32 - 1))
def test_every_figure_is_a_share(seed: int) -> None:
    content = numbers(find(drawn_map(seed), drawn_region(seed)))
    assert content.min() >= 0
    assert content.max() <= 1


@given(st.integers(0, 2**32 - 1))
def test_turning_map_and_region_together_changes_no_figure(seed: int) -> None:
    cam_map, region = drawn_map(seed), drawn_region(seed)
    for turn in (np.fliplr, np.flipud, np.transpose):
        turned = find(turn(cam_map), turn(region))
        assert numbers(turned) == pytest.approx(numbers(find(cam_map, region)))


@given(st.integers(0, 2**32 - 1))
def test_a_region_and_the_rest_share_the_energy(seed: int) -> None:
    cam_map, region = drawn_map(seed), drawn_region(seed)
    if region.all():
        return
    halves = find(cam_map, region).energy + find(cam_map, ~region).energy
    assert halves == pytest.approx(1.0)


@given(st.integers(0, 2**32 - 1))
def test_overlap_is_what_counting_pixels_gives(seed: int) -> None:
    cam_map, region = drawn_map(seed), drawn_region(seed)
    found = find(cam_map, region)
    for threshold in (0.25, 0.5, 0.75, 1.0):  # exact in binary, as are shares of 255 in hundredths
        taken = cam_map / cam_map.max() >= threshold
        expected = (taken & region).sum() / (taken | region).sum()
        assert found.iou(level(threshold)) == pytest.approx(expected)
