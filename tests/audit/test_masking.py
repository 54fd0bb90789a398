"""The masking matrix: what is hidden, and what is said of it."""

from __future__ import annotations

import numpy as np
import pytest
from drawn_chest import chest

from hilum.audit.grouped import grouped_folds
from hilum.audit.lung_regions import LungRegions
from hilum.audit.masking import MASKS, cross_scores, masked_slices, masking_concern
from hilum.boxes import Box
from hilum.scores import auc


def test_each_kind_hides_what_it_says() -> None:
    grey = chest(224)[None]
    inside = grey == 30
    hull = np.zeros_like(inside)
    hull[:, 60:180, 40:190] = True
    regions = LungRegions(inside, hull, np.array([True]))
    made = masked_slices(grey, regions, [[Box(0, 0, 10, 20)]])
    assert list(made) == list(MASKS)
    assert (made["whole"] == grey).all()
    assert (made["lungs_only"] == np.where(inside, grey, 0)).all()
    assert (made["no_lungs"] == np.where(hull, 0, grey)).all()
    assert not made["border_only"][0, 8:-8, 8:-8].any()
    assert (made["border_only"][0, :8] == grey[0, :8]).all()
    assert not made["no_centre"][0, 112, 112]
    assert (made["no_centre"][0, :40] == grey[0, :40]).all()
    assert not made["no_lesion"][0, :10, :20].any()
    assert (made["no_lesion"][0, 10:] == grey[0, 10:]).all()
    assert "no_lesion" not in masked_slices(grey, regions, None)


def test_what_only_one_kind_shows_is_told_by_that_kind_alone() -> None:
    rng = np.random.default_rng(0)
    truth = np.arange(200) // 2 % 2
    groups = np.array([f"g{n // 2}" for n in range(200)], dtype=object)
    folds = grouped_folds(truth.astype(str).astype(object), groups, np.full(200, "s", dtype=object))
    assert folds is not None
    features = rng.normal(size=(200, 20)).astype(np.float32)
    features[:, 0] += 3 * truth
    blind = rng.normal(size=(200, 20)).astype(np.float32)
    scores = cross_scores({"told": features, "blind": blind}, truth.astype(float), folds)
    reached = {pair: auc(truth > 0, score) for pair, score in scores.items()}
    assert reached["told", "told"] > 0.95
    assert reached["blind", "blind"] == pytest.approx(0.5, abs=0.12)
    assert reached["told", "blind"] == pytest.approx(0.5, abs=0.12)


def cells(no_lungs: float) -> dict[str, dict[str, dict[str, float]]]:
    figure = {"value": 0.9, "low": 0.8, "high": 0.95}
    found = {kind: dict.fromkeys(MASKS, figure) for kind in MASKS}
    found["border_only"] = {
        **found["border_only"],
        "border_only": {"value": 0.5, "low": 0.4, "high": 0.6},
    }
    found["no_lungs"] = {
        **found["no_lungs"],
        "no_lungs": {"value": 0.7, "low": no_lungs, "high": 0.9},
    }
    return found


def test_lungs_blacked_out_above_chance_is_found() -> None:
    concern = masking_concern(cells(0.6), lungs={"found": 12, "centre": 0})
    assert concern.level == "background"
    assert "lungs blacked out 0.700 [0.600, 0.900]" in concern.sentence
    assert "centre" not in concern.sentence
    assert masking_concern(cells(0.49), lungs={"found": 12, "centre": 0}).level == "lungs"


def test_slices_without_lungs_are_counted() -> None:
    concern = masking_concern(cells(0.6), lungs={"found": 9, "centre": 3})
    assert "No lungs were found in 3 of 12 slices; there the centre stands" in concern.sentence
    assert concern.as_json()["lungs"] == {"found": 9, "centre": 3}
