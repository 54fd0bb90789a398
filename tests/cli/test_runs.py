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
from short_training import SHORT

from hilum.storage.lock import exclusive_output

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
        "train", phantoms / "slices.csv", "--out", run, "--recipe", "phantom", *SHORT,
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


def test_an_output_that_another_process_writes_is_refused_even_with_force(
    train: Call, hilum: Call, phantoms: Path, workdir: Path, tiny_run: Path
) -> None:
    """The lock holds against other handles of the file, as those of another process."""
    run, table = workdir / "run", workdir / "p.csv"
    predict = ("predict", tiny_run, phantoms / "slices.csv", "--out", table)
    with exclusive_output(run, "hilum train"), exclusive_output(table, "hilum predict"):
        train(phantoms / "slices.csv", run, "--force").refused(2, f"is writing {run}; wait for it")
        hilum(*predict, "--force").refused(2, f"another hilum predict is writing {table}")
    assert not run.exists() and not list(workdir.glob("p.csv*"))
    assert hilum(*predict).code == 0
