"""Regions: boxes to pixels, and the names of sizes."""

from __future__ import annotations

import numpy as np
import pytest

from hilum.boxes import Box
from hilum.scores.localisation import SIZES, area_share, box_region, extent, size_of


def test_boxes_are_half_open_and_their_union_counts_once() -> None:
    region = box_region([Box(0, 0, 2, 3), Box(1, 1, 3, 4)], (4, 5))
    assert region.astype(int).tolist() == [
        [1, 1, 1, 0, 0],
        [1, 1, 1, 1, 0],
        [0, 1, 1, 1, 0],
        [0, 0, 0, 0, 0],
    ]
    assert area_share(region) == pytest.approx(10 / 20)


def test_extent_is_the_side_of_a_square_as_large() -> None:
    region = np.zeros((100, 100), dtype=np.bool_)
    region[:4, :9] = True
    assert extent(region) == pytest.approx(0.06)


@pytest.mark.parametrize(
    ("centimetres", "size"),
    [
        (0.8, "small"),
        (3.0, "small"),
        (3.1, "medium"),
        (5.0, "medium"),
        (5.1, "large"),
        (36, "large"),
    ],
)
def test_sizes_change_at_3_and_5_cm_of_a_field_of_36(centimetres: float, size: str) -> None:
    assert size_of(centimetres / 36) == size
    assert list(SIZES) == ["small", "medium", "large"]
