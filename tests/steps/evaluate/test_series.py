"""Series are named by their UID where every slice has one, else by their group."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hilum.scores import Labelled
from hilum.steps.evaluate.series import own_series, series_elsewhere

NAMES = ["cancer", "pneumonia"]


def run_with(**content: Any) -> Any:
    return SimpleNamespace(description=SimpleNamespace(content=content))


def scored(table: Any, scores: list[float]) -> Labelled:
    rows = np.array(scores)
    return Labelled(
        table.rows["group"].to_numpy(dtype=object), table.rows["label"].to_numpy(dtype=object),
        np.array([NAMES[0] if one >= 0.5 else NAMES[1] for one in scores], dtype=object),
        np.stack([rows, 1 - rows], axis=1), NAMES, "cancer",
    )  # fmt: skip


@pytest.fixture
def two_series(make_table: Any, tmp_path: Path) -> Any:
    """Two patients: one of two series of two slices, and one of one series."""
    return make_table(
        6, folder=tmp_path, group=["a"] * 4 + ["b"] * 2, label=["cancer"] * 4 + ["pneumonia"] * 2,
        series_instance_uid=["1.1", "1.1", "1.2", "1.2", "1.3", "1.3"],
    )  # fmt: skip


def test_a_patient_of_two_series_is_two_cases_and_one_group(two_series: Any) -> None:
    found = series_elsewhere(
        run_with(series={"joining": {"way": "maximum", "k": None}}), two_series,
        scored(two_series, [0.1, 0.9, 0.2, 0.3, 0.4, 0.6]),
    )  # fmt: skip
    assert (found["unit"], found["chosen"]) == ("series_instance_uid", True)
    assert (found["metrics"]["n"], found["metrics"]["groups"]) == (3, 2)
    assert found["metrics"]["confusion"] == [[1, 1], [1, 0]]
    assert found["sentence"] == "Slices of a series are joined by the maximum of the lung slices."


def test_without_a_uid_for_each_slice_groups_are_series_and_the_mean_joins(
    two_series: Any,
) -> None:
    two_series.rows.loc[0, "series_instance_uid"] = ""
    found = series_elsewhere(
        run_with(), two_series, scored(two_series, [0.1, 0.9, 0.2, 0.3, 0.4, 0.6])
    )
    assert (found["unit"], found["chosen"], found["metrics"]["n"]) == ("group", False, 2)
    assert found["joining"] == {"way": "mean", "k": None}


def test_splits_are_joined_apart(two_series: Any) -> None:
    table = two_series
    splits = ["validation", "validation", "test", "test", "test", "test"]
    predictions = pd.DataFrame({"slice_id": table.rows["slice_id"], "split": splits})
    cases = scored(table, [0.1, 0.9, 0.2, 0.3, 0.4, 0.6])
    part = {
        split: Labelled(
            cases.group[rows], cases.label[rows], cases.predicted[rows],
            cases.probabilities[rows], NAMES, "cancer",
        )
        for split in ("validation", "test")
        if (rows := np.array(splits) == split).any()
    }  # fmt: skip
    block = own_series(table, predictions, part)
    assert {split: one["n"] for split, one in block["splits"].items()} == {
        "validation": 1, "test": 2,
    }  # fmt: skip
    assert block["note"].startswith("There are only 0 validation series of one kind")
