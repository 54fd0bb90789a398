"""Controls: they know nothing of the slice's disease, and what they reach is worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from hilum.boxes import Box
from hilum.cam_maps import in_slice_pixels
from hilum.scores.localisation import (
    MEASURED,
    box_region,
    centre_prior,
    chance_level,
    edge_map,
    find,
    lesion_prior,
    random_boxes,
)


def test_the_centre_prior_is_a_gaussian_stretched_to_the_picture() -> None:
    prior = centre_prior((101, 201))
    assert prior[50, 100] == pytest.approx(1.0)
    assert np.unravel_index(prior.argmax(), prior.shape) == (50, 100)
    assert prior[50, 100 + 50] == pytest.approx(math.exp(-0.5), abs=0.01)  # a quarter of the side
    assert prior[25, 100] == pytest.approx(math.exp(-0.5), abs=0.01)
    assert prior == pytest.approx(prior[::-1, ::-1], abs=1e-6)


def test_the_lesion_prior_lies_where_training_lesions_lie() -> None:
    left = box_region([Box(40, 10, 60, 30)], (100, 100))
    prior = lesion_prior([("a", left), ("a", left), ("b", left)])
    assert prior is not None
    full = in_slice_pixels(prior, (100, 100))
    assert find(full, left).pointing == 1.0
    assert find(full, np.fliplr(left)).pointing == 0.0


def test_in_the_lesion_prior_every_group_counts_once() -> None:
    left, right = (box_region([Box(8, c, 24, c + 16)], (64, 64)) for c in (8, 40))
    prior = lesion_prior([("a", left)] * 9 + [("b", right)])
    assert prior is not None
    assert prior[16, 16] == pytest.approx(prior[16, 48], abs=1e-5)
    retained = math.erf(8 / (4 * math.sqrt(2))) ** 2  # of a square of 16 cells, smoothed by 4
    assert prior[16, 16] == pytest.approx(0.5 * retained, abs=0.01)


def test_the_lesion_prior_takes_slices_of_any_shape() -> None:
    small, large = (
        box_region([Box(0, 0, 5, 10)], (10, 20)),
        box_region([Box(0, 0, 50, 50)], (100, 100)),
    )
    prior = lesion_prior([("a", small), ("b", large)])
    assert prior is not None
    assert prior[:24, :24].min() > 0.9
    assert prior[40:, 40:].max() < 0.01


def test_without_training_lesions_there_is_no_prior() -> None:
    assert lesion_prior([]) is None


def test_the_edge_map_lies_on_the_edge_and_is_as_coarse_as_the_networks() -> None:
    grey = np.zeros((64, 128), dtype=np.uint8)
    grey[:, 100:] = 200
    edges = edge_map(grey, (4, 8))
    assert edges.shape == (64, 128)
    assert (edges.argmax(axis=1) // 16 == 6).all()  # column 100 lies in the seventh of eight cells
    assert edges[:, :64].max() == 0


def counted(region: np.ndarray, rows: int, columns: int) -> dict[str, float]:
    """What a box reaches, put everywhere one after the other."""
    found = []
    for row in range(region.shape[0] - rows + 1):
        for column in range(region.shape[1] - columns + 1):
            box = box_region([Box(row, column, row + rows, column + columns)], region.shape)
            found.append(find(box.astype(np.float32), region).metrics(49))
    return {name: float(np.mean([one[name] for one in found])) for name in found[0]}


def test_random_boxes_are_the_mean_over_every_place() -> None:
    region = box_region([Box(3, 2, 6, 4)], (9, 8))
    assert random_boxes(region) == pytest.approx(counted(region, 3, 2))


def test_the_box_of_several_is_as_large_as_they_are_together() -> None:
    region = box_region([Box(0, 0, 2, 2), Box(6, 6, 8, 8)], (12, 10))
    assert random_boxes(region) == pytest.approx(counted(region, 3, 3))


def test_a_box_as_large_as_the_picture_has_one_place() -> None:
    region = np.ones((4, 5), dtype=np.bool_)
    assert random_boxes(region) == dict.fromkeys(MEASURED, 1.0)


def test_chance_is_what_a_point_anywhere_reaches() -> None:
    region = box_region([Box(0, 0, 2, 5)], (10, 10))
    content = chance_level(region, 0.3)
    assert (content["pointing"], content["energy"], content["covered"]) == (0.1, 0.1, 0.3)
    assert all(math.isnan(content[name]) for name in ("over_half", "best_iou", "iou"))
