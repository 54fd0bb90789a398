"""hilum evaluate: what it prints, kept predictions, and what can't be evaluated."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

Call = Callable[..., Any]


def test_kept_predictions_give_the_same_figures(run_copy: Path, hilum: Call) -> None:
    before = json.loads((run_copy / "metrics.json").read_text())
    done = hilum("evaluate", run_copy, "--keep-predictions", "--json")
    assert done.code == 0
    assert json.loads(done.out) == before == json.loads((run_copy / "metrics.json").read_text())


def test_evaluating_again_gives_the_same_files(run_copy: Path, hilum: Call) -> None:
    names = ("metrics.json", "network.json", "predictions.csv")
    before = [(run_copy / name).read_bytes() for name in names]
    assert hilum("evaluate", run_copy).code == 0
    assert [(run_copy / name).read_bytes() for name in names] == before


def test_evaluate_prints_operating_points_and_calibration(run_copy: Path, hilum: Call) -> None:
    path = run_copy / "predictions.csv"
    rows = pd.read_csv(path, dtype=str, keep_default_na=False)
    cancer = (rows["label"] == "cancer").to_numpy()
    score = np.where(cancer, 0.9, 0.1) + np.arange(len(rows)) / 1000
    for split in ("validation", "test"):  # one of each class is called wrongly
        for label in ("cancer", "pneumonia"):
            at = np.flatnonzero((rows["split"] == split) & (rows["label"] == label))[0]
            score[at] = 1 - score[at]
    rows["probability_cancer"], rows["probability_pneumonia"] = score, 1 - score
    rows["predicted"] = np.where(score > 0.5, "cancer", "pneumonia")
    rows.to_csv(path, index=False)
    out = hilum("evaluate", run_copy, "--keep-predictions").out
    assert "cancer from " in out
    metrics = json.loads((run_copy / "metrics.json").read_text())
    for name, point in metrics["thresholds"]["points"].items():
        value = point["test"]["per_slice"]["recall"]["value"]
        (line,) = [output for output in out.splitlines() if output.startswith(f"{name} ")]
        assert line.split()[1:3] == [str(point["threshold"]), f"{value:.3f}"]
    assert f"Temperature {metrics['calibration']['temperature']:.3g}, fitted on" in out
    assert "called wrongly." in out
    brier = metrics["calibration"]["test"]["after"]["brier"]["value"]
    assert f"calibrated {brier:.3f} [" in out
    retained = json.loads((run_copy / "network.json").read_text())
    assert (
        retained["thresholds"]["youden"] == metrics["thresholds"]["points"]["youden"]["threshold"]
    )


def test_evaluate_says_why_nothing_was_chosen_or_fitted(run_copy: Path, hilum: Call) -> None:
    path = run_copy / "predictions.csv"
    rows = pd.read_csv(path, dtype=str, keep_default_na=False)
    rows["probability_cancer"] = rows["probability_pneumonia"] = "0.5"
    rows.to_csv(path, index=False)
    out = hilum("evaluate", run_copy, "--keep-predictions").out
    assert "youden            not defined: all validation slices got the same probability" in out
    assert "Not calibrated. Each of the " in out
    assert "test Brier score        0.250 [" in out


def test_predictions_again_are_the_same(run_copy: Path, hilum: Call) -> None:
    before = (run_copy / "predictions.csv").read_bytes()
    assert hilum("evaluate", run_copy).code == 0
    assert (run_copy / "predictions.csv").read_bytes() == before


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda rows: rows.iloc[1:], ["is not about the slices of slices.csv"]),
        (lambda rows: rows.drop(columns="probability_cancer"), ["no column 'probability_cancer'"]),
        (lambda rows: rows.drop(columns="slice_id"), ["predictions.csv", "'slice_id'"]),
        (lambda rows: rows.drop(columns="predicted"), ["predictions.csv", "'predicted'"]),
        (lambda rows: rows.assign(probability_cancer="high"), ["not a table of probabilities"]),
        (lambda rows: rows.assign(probability_cancer="nan"), ["predictions.csv", "probability"]),
        (lambda rows: rows.assign(label="cancer"), ["has label 'cancer' for slice", "another ("]),
        (lambda rows: rows.assign(group="g"), ["has group 'g' for slice"]),
        (lambda rows: rows.assign(split="test"), ["has split 'test' for slice"]),
        (
            lambda rows: rows.assign(probability_cancer="0.9", probability_pneumonia="0.6"),
            ["must add up to 1", "add up to 1.5", "without --keep-predictions"],
        ),
        (
            lambda rows: rows.assign(
                probability_cancer="0.9", probability_pneumonia="0.1", predicted="pneumonia"
            ),
            ["`predicted` must be the most probable class", "it is 'pneumonia'"],
        ),
        (lambda rows: rows.assign(predicted="scar"), ["`predicted` must be one of cancer"]),
    ],
)
def test_kept_predictions_that_do_not_fit_are_refused(
    change: Callable[[pd.DataFrame], pd.DataFrame], words: list[str], run_copy: Path, hilum: Call,
    untouched: Call,
) -> None:  # fmt: skip
    path = run_copy / "predictions.csv"
    change(pd.read_csv(path, dtype=str, keep_default_na=False)).to_csv(path, index=False)
    with untouched(run_copy):
        hilum("evaluate", run_copy, "--keep-predictions").refused(1, *words)


def all_in(split: str, run: Path) -> None:
    rows = pd.read_csv(run / "slices.csv", dtype=str, keep_default_na=False)
    rows.assign(split=split).to_csv(run / "slices.csv", index=False)


def test_without_training_slices_there_are_metrics_and_no_border_probe(
    run_copy: Path, hilum: Call
) -> None:
    all_in("test", run_copy)
    assert hilum("evaluate", run_copy).code == 0
    metrics = json.loads((run_copy / "metrics.json").read_text())
    assert list(metrics["splits"]) == ["test"]
    assert metrics["splits"]["test"]["per_slice"]["figures"]["auc"]["value"] is not None
    assert metrics["border_probe"]["level"] == "undefined"
    assert hilum("report", run_copy).code == 0


def test_without_test_slices_nothing_can_be_evaluated(
    run_copy: Path, hilum: Call, untouched: Call
) -> None:
    all_in("train", run_copy)
    with untouched(run_copy):
        hilum("evaluate", run_copy).refused(1, "slices.csv has no test slices", "train")
