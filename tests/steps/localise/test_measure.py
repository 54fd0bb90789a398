"""Thresholds of overlap, chosen on validation slices, and the prior of lesion positions."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import pytest
from conftest import MakeTable

from hilum.errors import TableError
from hilum.scores.localisation import LEVELS, find
from hilum.steps.localise.measure import UNCHOSEN, Measured, choose_levels, learn_prior


def measured(overlap: dict[str, dict[int, float]], *, kind: str = "boxes") -> Measured:
    """Return a slice whose maps overlap its region as given at some thresholds, else not."""
    region = np.ones((2, 2), dtype=bool)
    found = {}
    for name, values in overlap.items():
        curve = np.zeros(LEVELS)
        for level, value in values.items():
            curve[level] = value
        found[name] = find(np.ones((2, 2), np.float32), region)._replace(overlap=curve)
    return Measured(0, kind, region, found)


def test_the_threshold_of_the_greatest_mean_overlap_is_chosen_for_each_map_and_region() -> None:
    slices = [
        measured({"network": {10: 0.9, 60: 0.5}, "edges": {5: 0.2}}),
        measured({"network": {60: 0.6}, "edges": {5: 0.2}}),
        measured({"network": {80: 0.1}}, kind="mask"),
    ]
    assert choose_levels(slices) == {
        ("boxes", "network"): 60, ("boxes", "edges"): 5, ("mask", "network"): 80,
    }  # fmt: skip


def test_of_equal_thresholds_the_lowest_is_taken() -> None:
    assert choose_levels([measured({"network": {30: 0.5, 70: 0.5}})]) == {("boxes", "network"): 30}
    assert choose_levels([]) == {}


def test_without_validation_the_threshold_is_that_of_the_hot_region() -> None:
    assert (UNCHOSEN + 1) / LEVELS == 0.5


def prior_of(make_table: MakeTable, boxes: list[str], groups: list[str]) -> Any:
    table = make_table(len(boxes), boxes=boxes, group=groups)
    shapes = np.full((len(boxes), 2), 64)
    return learn_prior(table, SimpleNamespace(shapes=shapes))  # type: ignore[arg-type]


def test_the_prior_is_hot_where_training_lesions_lie(make_table: MakeTable) -> None:
    prior = prior_of(make_table, ["0 0 16 16", "0 0 16 16"], ["a", "b"])
    rows, columns = (np.arange(side) / side for side in prior.shape)
    inside = np.ix_(rows < 0.2, columns < 0.2)
    outside = np.ix_(rows > 0.5, columns > 0.5)
    assert prior[inside].mean() > 20 * max(float(prior[outside].mean()), 1e-6)


def test_a_group_of_many_slices_counts_once(make_table: MakeTable) -> None:
    often = prior_of(make_table, ["0 0 16 16"] * 9 + ["48 48 64 64"], ["a"] * 9 + ["b"])
    once = prior_of(make_table, ["0 0 16 16", "48 48 64 64"], ["a", "b"])
    assert np.allclose(often, once, atol=1e-5)


def test_a_mask_is_taken_where_a_slice_has_one(make_table: MakeTable, tmp_path: Path) -> None:
    mask = np.zeros((64, 64), np.uint8)
    mask[48:, 48:] = 255
    cv2.imwrite(str(tmp_path / "m.png"), mask)
    table = make_table(1, folder=tmp_path, boxes="0 0 16 16", mask="m.png")
    decoded: Any = SimpleNamespace(shapes=np.full((1, 2), 64))
    by_mask = learn_prior(table, decoded)
    boxed = replace(table, rows=table.rows.assign(boxes="48 48 64 64", mask=""))
    by_box = learn_prior(boxed, decoded)
    assert np.allclose(by_mask, by_box)


def test_without_lesions_there_is_no_prior(make_table: MakeTable) -> None:
    assert prior_of(make_table, ["none", ""], ["a", "b"]) is None


def test_a_box_beyond_its_slice_is_named(make_table: MakeTable) -> None:
    with pytest.raises(TableError, match="row 2, column boxes"):
        prior_of(make_table, ["0 0 65 10"], ["a"])
