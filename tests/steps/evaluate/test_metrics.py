"""What metrics.json says of predictions, with and without validation slices."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import confusion_matrix, roc_auc_score

from hilum.scores import Labelled
from hilum.steps.evaluate.metrics import Breakdown, labelled, metrics_of, predictions_frame
from hilum.table import SliceTable

NAMES = ["cancer", "pneumonia"]
NOTHING_MORE = Breakdown()
MakeTable = Callable[..., SliceTable]


def entries(table: SliceTable, breakdown: Breakdown = NOTHING_MORE) -> dict[str, Any]:
    """The metrics of a network that is right in four cases of five."""
    rows = predictions(table)
    probe: dict[str, Labelled] = {
        split: labelled(rows[rows["split"] == split], NAMES, "cancer")
        for split in ("validation", "test")
        if (rows["split"] == split).any()
    }
    return metrics_of(
        table, rows, probe, class_names=NAMES, positive="cancer", weights={}, breakdown=breakdown
    )


def predictions(table: SliceTable) -> pd.DataFrame:
    """Rows of predictions.csv, right in four cases of five."""
    rng = np.random.default_rng(0)
    cancer = (table.rows["label"] == "cancer").to_numpy()
    probabilities = np.where(cancer ^ (np.arange(len(table)) % 5 == 0), 0.8, 0.2)
    probabilities = np.clip(probabilities + rng.uniform(-0.1, 0.1, len(probabilities)), 0, 1)
    return predictions_frame(table, np.stack([probabilities, 1 - probabilities], axis=1), NAMES)


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


def split_of(count: int) -> list[str]:
    return [("train", "validation", "test")[n // 2 % 3] for n in range(count)]


def test_the_test_slices_are_shown_within_and_by_source(make_table: MakeTable) -> None:
    source = [("east", "west")[n // 6 % 2] for n in range(120)]
    table = make_table(120, split=split_of(120), source=source)
    content, rows = entries(table), predictions(table)
    test = rows[rows["split"] == "test"]
    expected = {
        name: roc_auc_score(part["label"] == "cancer", part["probability_cancer"])
        for name, part in test.groupby("source")
    }
    found = {e["source"]: e["auc"]["value"] for e in content["within_source"]["sources"]}
    assert found == pytest.approx(expected, abs=1e-6)
    by_part = {e["part"]: e["figures"]["auc"]["value"] for e in content["parts"]["source"]}
    assert by_part == pytest.approx(expected, abs=1e-6)


def test_parts_of_a_column_are_those_of_the_test_slices(make_table: MakeTable) -> None:
    table = make_table(120, split=split_of(120))
    sex = np.array([("F", "M")[n // 6 % 2] for n in range(120)], dtype=object)
    content, rows = entries(table, Breakdown({"sex": sex})), predictions(table)
    test = (rows["split"] == "test").to_numpy()
    for entry in content["parts"]["sex"]:
        own = rows[test & (sex == entry["part"])]
        right = (own["label"] == own["predicted"]).mean()
        assert entry["n"] == len(own) == 20
        assert entry["figures"]["accuracy"]["value"] == pytest.approx(right, abs=1e-6)


def test_predictive_values_at_a_prevalence_are_those_of_each_operating_point(
    make_table: MakeTable,
) -> None:
    table = make_table(120, split=split_of(120))
    content, rows = entries(table, Breakdown(prevalence=0.02)), predictions(table)
    test = rows[rows["split"] == "test"]
    values = content["decision_curve"]["predictive_values"]
    assert set(values) == {"called", *content["thresholds"]["points"]}
    threshold = content["thresholds"]["points"]["youden"]["threshold"]
    truth = test["label"] == "cancer"
    tn, fp, fn, tp = confusion_matrix(truth, test["probability_cancer"] >= threshold).ravel()
    sensitivity, specificity = tp / (tp + fn), tn / (tn + fp)
    expected = sensitivity * 0.02 / (sensitivity * 0.02 + (1 - specificity) * 0.98)
    found = values["youden"]["positive_predictive_value"]["value"]
    assert found == pytest.approx(expected, abs=1e-6)
    assert content["decision_curve"]["prevalence"] == 0.02


def test_without_a_prevalence_the_net_benefit_is_at_that_of_the_test_slices(
    make_table: MakeTable,
) -> None:
    content = entries(make_table(30, split="test"))
    assert content["decision_curve"]["prevalence"] == 0.5
    assert "predictive_values" not in content["decision_curve"]
