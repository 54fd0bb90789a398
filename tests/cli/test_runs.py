"""Broken run folders, and the commands that read a run."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import load_file, save_file

Call = Callable[..., Any]

READERS = [("evaluate",), ("explain",), ("report",), ("info",)]
"""Commands that read a run."""


@pytest.mark.parametrize("command", READERS)
def test_a_missing_run_is_wrong_usage(
    command: tuple[str, ...], tmp_path: Path, hilum: Call, untouched: Call
) -> None:
    with untouched(tmp_path):
        hilum(*command, tmp_path / "none").refused(2, "no run folder", "none")
        (tmp_path / "other").mkdir()
        hilum(*command, tmp_path / "other").refused(2, "other")
        (tmp_path / "other").rmdir()


@pytest.mark.parametrize("command", READERS)
def test_a_run_without_network_json_is_not_whole(
    command: tuple[str, ...], run_copy: Path, hilum: Call, untouched: Call
) -> None:
    (run_copy / "network.json").unlink()
    with untouched(run_copy):
        hilum(*command, run_copy).refused(1, "network.json")


@pytest.mark.parametrize("content", ["{}", '{"class_names": ["cancer", "pneumonia"]}', "[]", "{"])
@pytest.mark.parametrize("command", [*READERS, ("predict",)])
def test_a_network_json_without_its_keys_is_refused(
    command: tuple[str, ...], content: str, run_copy: Path, phantoms: Path, hilum: Call,
    untouched: Call,
) -> None:  # fmt: skip
    (run_copy / "network.json").write_text(content)
    more = (phantoms / "phantom",) if command == ("predict",) else ()
    with untouched(run_copy):
        hilum(*command, run_copy, *more).refused(1, "network.json")


@pytest.mark.parametrize("content", ["{", "{}", "[]"])
@pytest.mark.parametrize("command", [("report",), ("info",)])
def test_broken_metrics_are_refused(
    command: tuple[str, ...], content: str, run_copy: Path, hilum: Call, untouched: Call
) -> None:
    (run_copy / "metrics.json").write_text(content)
    with untouched(run_copy):
        hilum(*command, run_copy).refused(1, "metrics.json")


def test_a_report_needs_metrics(run_copy: Path, hilum: Call, untouched: Call) -> None:
    (run_copy / "metrics.json").unlink()
    with untouched(run_copy):
        hilum("report", run_copy).refused(1, "no metrics.json", "hilum evaluate")


@pytest.mark.parametrize("command", [("evaluate",), ("explain",)])
def test_weights_of_another_run_are_refused(
    command: tuple[str, ...], run_copy: Path, hilum: Call, untouched: Call
) -> None:
    path = run_copy / "weights.safetensors"
    state = load_file(path)
    last = list(state)[-1]
    save_file({**state, last: np.zeros((7, 3), np.float32)}, path)
    with untouched(run_copy):
        hilum(*command, run_copy).refused(1, "weights.safetensors", "can't be loaded")


def test_a_truncated_weights_file_is_refused(run_copy: Path, hilum: Call, untouched: Call) -> None:
    path = run_copy / "weights.safetensors"
    path.write_bytes(path.read_bytes()[:100_000])
    with untouched(run_copy):
        hilum("evaluate", run_copy).refused(1, "weights.safetensors", "can't be loaded")


def test_a_label_unknown_to_the_network_is_refused(
    run_copy: Path, hilum: Call, untouched: Call
) -> None:
    table = run_copy / "slices.csv"
    rows = pd.read_csv(table, dtype=str, keep_default_na=False)
    rows.loc[0, "label"] = "scar"
    rows.to_csv(table, index=False)
    with untouched(run_copy):
        for more in ((), ("--keep-predictions",)):
            done = hilum("evaluate", run_copy, *more)
            done.refused(1, "row 2, column label", "cancer, pneumonia", "'scar'")


def test_a_slice_that_is_gone_is_named(run_copy: Path, hilum: Call, untouched: Call) -> None:
    table = run_copy / "slices.csv"
    rows = pd.read_csv(table, dtype=str, keep_default_na=False)
    rows.loc[4, "path"] = "gone.png"
    rows.loc[4, "split"] = "test"
    rows.to_csv(table, index=False)
    for command in ("evaluate", "explain"):
        with untouched(run_copy):
            hilum(command, run_copy).refused(1, "column path", "gone.png")


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


def test_a_report_of_a_changed_table_is_refused_until_it_is_evaluated(
    run_copy: Path, hilum: Call
) -> None:
    rows = pd.read_csv(run_copy / "slices.csv", dtype=str, keep_default_na=False)
    rows.assign(source="elsewhere").to_csv(run_copy / "slices.csv", index=False)
    hilum("report", run_copy).refused(
        1, "slices.csv was changed after metrics.json was written", f"hilum evaluate {run_copy}"
    )
    assert hilum("evaluate", run_copy, "--keep-predictions").code == 0
    assert hilum("report", run_copy).code == 0
    assert "elsewhere" in (run_copy / "report.html").read_text(encoding="utf-8")


def test_an_unknown_target_or_split_is_wrong_usage(
    run_copy: Path, hilum: Call, untouched: Call
) -> None:
    with untouched(run_copy):
        done = hilum("explain", run_copy, "--target", "scar")
        done.refused(2, "positive, predicted, cancer, pneumonia", "'scar'")
        done = hilum("explain", run_copy, "--split", "holdout")
        done.refused(2, "train, validation, test", "'holdout'")


def test_info_tells_the_run_in_json_too(tiny_run: Path, hilum: Call) -> None:
    assert "ResNet10-T on phantoms" in hilum("info", tiny_run).out
    entries = json.loads(hilum("info", tiny_run, "--json", "--layers").out)
    assert entries["slices"] == "48 of 24 groups"
    assert {layer["state"] for layer in entries["layers"]} == {"trained"}


def test_a_moved_run_still_predicts(
    tiny_run: Path, tmp_path: Path, phantoms: Path, hilum: Call
) -> None:
    moved = shutil.copytree(tiny_run, tmp_path / "elsewhere")
    done = hilum("predict", moved, phantoms / "phantom", "--format", "json")
    assert done.code == 0
    assert len(json.loads(done.out)) >= 48


def test_a_run_in_bfloat16_goes_the_whole_road_on_any_processor(
    phantoms: Path, tmp_path: Path, hilum: Call
) -> None:
    run = tmp_path / "half"
    done = hilum(
        "train", phantoms / "slices.csv", "--out", run, "--recipe", "phantom",
        "--set", "training.epochs=1", "--set", "input.size=64", "--weights", "none",
        "--set", "training.precision=bfloat16", "--report",
    )  # fmt: skip
    assert done.code == 0, done.err
    assert json.loads((run / "environment.json").read_text())["precision"] == "bfloat16"
    assert (run / "report.html").is_file()
    slices = phantoms / "phantom" / "images"
    output = {}
    for engine in ("onnx", "torch"):
        out = tmp_path / f"{engine}.csv"
        assert hilum("predict", run, slices, "--engine", engine, "--out", out).code == 0
        output[engine] = pd.read_csv(out)["probability_cancer"].to_numpy()
    assert np.abs(output["onnx"] - output["torch"]).max() < 0.02  # eight bits of a number, not 24
