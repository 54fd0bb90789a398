"""What metrics.json says of predictions, with and without validation slices."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from hilum.scores import Labelled
from hilum.steps.evaluate.metrics import labelled, metrics_of, predictions_frame
from hilum.table import SliceTable

NAMES = ["cancer", "pneumonia"]
MakeTable = Callable[..., SliceTable]


def entries(table: SliceTable) -> dict[str, Any]:
    """The metrics of a network that is right in four cases of five."""
    rng = np.random.default_rng(0)
    cancer = (table.rows["label"] == "cancer").to_numpy()
    probabilities = np.where(cancer ^ (np.arange(len(table)) % 5 == 0), 0.8, 0.2)
    probabilities = np.clip(probabilities + rng.uniform(-0.1, 0.1, len(probabilities)), 0, 1)
    rows = predictions_frame(table, np.stack([probabilities, 1 - probabilities], axis=1), NAMES)
    probe: dict[str, Labelled] = {
        split: labelled(rows[rows["split"] == split], NAMES, "cancer")
        for split in ("validation", "test")
        if (rows["split"] == split).any()
    }
    return metrics_of(table, rows, probe, class_names=NAMES, positive="cancer", weights={})


def test_thresholds_and_temperature_come_from_validation_and_are_tried_on_test(
    make_table: MakeTable,
) -> None:
    table = make_table(60, split=[("train", "validation", "test")[n // 2 % 3] for n in range(60)])
    content = entries(table)
    assert content["thresholds"]["chosen_on"] == "validation"
    youden = content["thresholds"]["points"]["youden"]
    assert set(youden) == {"threshold", "validation", "test"}
    at = content["thresholds"]["points"]["0.5"]["test"]["per_slice"]["recall"]
    assert at == content["splits"]["test"]["per_slice"]["figures"]["recall"]
    assert content["calibration"]["slices"] == 20
    assert set(content["calibration"]["test"]) == {"before", "after", "brier_change"}


def test_out_of_fold_predictions_have_all_that_needs_no_validation(make_table: MakeTable) -> None:
    content = entries(make_table(30, split="test"))
    assert content["thresholds"]["chosen_on"] is None
    assert list(content["thresholds"]["points"]) == ["0.5"]
    assert content["calibration"]["fitted"] is False
    assert set(content["calibration"]["test"]) == {"before"}
    assert content["calibration"]["test"]["before"]["brier"]["value"] == pytest.approx(
        0.16, abs=0.1
    )
