"""Checks that compare maps: similarity of different slices, of another network's maps."""

from __future__ import annotations

import numpy as np
import pytest
from square_samples import sample_of

from hilum.cam_maps import CENTRED
from hilum.scores.similarity import MEASURES
from hilum.steps.sanity.maps import agreement, different_slices, judged

CELLS = [(0, 0), (1, 1), (2, 2), (3, 3), (0, 3), (3, 0)]


def test_equal_maps_of_different_slices_are_fully_alike() -> None:
    found = different_slices(sample_of([(1, 1)] * 6), seed=0)
    for measure in MEASURES:
        assert found.content[measure]["value"] == pytest.approx(1.0)
    (rows,) = found.rows
    assert set(rows["check"]) == {"different slices"} and len(rows) == 6 * len(MEASURES)


def test_maps_of_other_cells_are_less_alike() -> None:
    found = different_slices(sample_of(CELLS), seed=0)
    assert found.content["rank_correlation"]["value"] < 0
    assert found.content["ssim"]["value"] < 0.7


def test_another_networks_equal_maps_lead_over_those_of_different_slices() -> None:
    sample = sample_of(CELLS)
    found = agreement(sample, sample.cells, CENTRED, name="other", other="seed 1", seed=0)
    for measure in MEASURES:
        assert found.content[measure]["value"] == pytest.approx(1.0)
        floor = found.content["floor"][measure]["value"]
        assert found.content["lead"][measure]["value"] == pytest.approx(1 - floor, abs=1e-6)
    assert found.content["without_map"] == 0
    assert [set(rows["check"]) for rows in found.rows] == [
        {"agreement"}, {"agreement, different slices"},
    ]  # fmt: skip
    assert list(found.shown) == ["other"]


def test_maps_turned_by_a_slice_do_not_lead_and_empty_ones_are_counted() -> None:
    sample = sample_of(CELLS)
    turned = np.roll(sample.cells, 1, axis=0)
    turned[0] = 0
    found = agreement(sample, turned, CENTRED, name="other", other="seed 1", seed=0)
    assert found.content["without_map"] == 1
    assert all(found.content["lead"][measure]["value"] < 0.3 for measure in MEASURES)


def test_a_randomisation_has_its_level_and_sentence_in_front() -> None:
    floor = {measure: {"value": 0.2, "low": 0.1, "high": 0.3} for measure in MEASURES}
    alike = {measure: {"value": 0.9, "low": 0.85, "high": 0.95} for measure in MEASURES}
    stage = {
        "name": "head", "layers": 1, **alike, "without_map": [0],
        "each_draw": {measure: [0.9] for measure in MEASURES},
    }  # fmt: skip
    content = judged({"draws": 1, "stages": [stage]}, floor)
    assert list(content)[:2] == ["level", "sentence"]
    assert content["draws"] == 1 and content["stages"] == [stage]
