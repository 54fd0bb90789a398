"""What `info` says of a run, of folds and of files that lack something."""

from __future__ import annotations

from pathlib import Path

import pytest
from made_runs import Made, changed, made_folds, made_run, made_table

from hilum.errors import RunError
from hilum.steps.info import describe_run

TABLE = made_table()
MADE = Made(more={"timm": "mobilenetv2_100", "train_from": "blocks.5"})


def test_a_run_is_described_by_network_data_and_metrics(tmp_path: Path) -> None:
    run = made_run(tmp_path / "run", TABLE, MADE)
    content = describe_run(run)
    assert content["network"].startswith("MobileNetV2 (timm mobilenetv2_100)")
    assert (content["input"], content["trained from"]) == ("224 x 224", "blocks.5")
    assert content["classes"] == "cancer, pneumonia; positive: cancer"
    assert content["parameters"] == "2,555,394"
    assert content["slices"] == "96 of 32 groups"
    assert content["sources"] == "site 0, site 1"
    assert content["trained in"].startswith("159 s on ")
    auc = run.metrics()["splits"]["test"]["per_slice"]["figures"]["auc"]
    assert content["test AUC per slice"].startswith(f"{auc['value']:.3f} [")
    assert content["design"] == "crossed"
    assert describe_run(run.folder) == content


def test_before_evaluation_there_are_no_metrics(tmp_path: Path) -> None:
    run = made_run(tmp_path / "run", TABLE, MADE)
    run.metrics_file.unlink()
    content = describe_run(run)
    assert "trained in" in content and "design" not in content


def test_thresholds_and_temperature_are_told_where_there_are_any(tmp_path: Path) -> None:
    run = made_run(tmp_path / "run", TABLE, MADE)
    fit = {"fitted": True, "temperature": 1.2345, "fitted_on": "validation"}
    changed(run.network_file, thresholds={"youden": 0.43219}, calibration=fit)
    content = describe_run(run)
    assert content["thresholds"] == "youden = 0.432"
    assert content["temperature"] == "1.23, fitted on validation"


def test_a_cross_validation_tells_each_fold_and_their_mean(tmp_path: Path) -> None:
    run = made_folds(tmp_path / "run", TABLE, MADE, [0.8, 0.7])
    each = [{"run": "members/fold-1", "auc": 0.875}, {"run": "members/fold-2", "auc": None}]
    mean = {"auc": {"value": 0.875, "low": 0.75, "high": 1.0}}
    changed(run.metrics_file, folds={"each": each, "mean": mean})
    content = describe_run(run)
    assert content["folds"] == [
        "members/fold-1: best epoch 1, test AUC 0.875", "members/fold-2: best epoch 1",
    ]  # fmt: skip
    assert content["mean AUC of the folds"] == "0.875 [0.750, 1.000]"
    assert "out-of-fold AUC per slice" in content


def test_a_run_that_lacks_something_is_named_with_it(tmp_path: Path) -> None:
    run = made_run(tmp_path / "run", TABLE, MADE)
    changed(run.environment_file, weights=None)
    with pytest.raises(RunError, match=r"is not a complete run: network\.json, environ"):
        describe_run(run)
