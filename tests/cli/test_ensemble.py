"""`hilum ensemble`, and what other commands say of runs that have no network of their own."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from made_runs import Made, made_folds, made_table
from safetensors.numpy import load_file, save_file

from hilum.table import read_table, write_table

Call = Callable[..., Any]


@pytest.fixture
def sibling(tiny_run: Path) -> Path:
    """A run like the finished one, beside it, with a slightly other network."""
    folder = tiny_run.with_name("sibling")
    if not folder.is_dir():
        shutil.copytree(tiny_run, folder)
        path = folder / "weights.safetensors"
        state = load_file(path)
        last = list(state)[-1]
        save_file({**state, last: state[last] + np.float32(0.1)}, path)
    return folder


def test_two_runs_become_one_with_report(
    tiny_run: Path, sibling: Path, tmp_path: Path, hilum: Call
) -> None:
    out = tmp_path / "mean"
    done = hilum("ensemble", tiny_run, sibling, "--out", out, "--report")
    assert done.code == 0, done.err
    lines = done.out.splitlines()
    assert lines[0] == "Ensemble of 2: 2 x ResNet10-T on phantoms (random weights)"
    assert lines[-1] == str(out / "report.html")
    assert "2 of the 2 members started from random weights" in (out / "report.html").read_text()
    command = json.loads((out / "environment.json").read_text())["command"]
    assert command.startswith("hilum ensemble ")
    content = hilum("info", out).out.splitlines()
    assert content[1].split()[:2] == ["members", "members/run:"]
    assert content[2].split()[0] == "members/sibling:"
    hilum("info", out, "--layers").refused(2, "has no network of its own", "members/sibling")
    hilum("ensemble", tiny_run, sibling, "--out", out).refused(2, "exists already", "--force")


def test_without_report_it_says_what_comes_next(
    tiny_run: Path, sibling: Path, tmp_path: Path, hilum: Call
) -> None:
    out = tmp_path / "mean"
    done = hilum("ensemble", tiny_run, sibling, "--out", out)
    assert done.out.splitlines()[-1] == f"Next: hilum evaluate {out}"
    assert sorted(path.name for path in out.iterdir()) == [
        "environment.json", "members", "network.json", "slices.csv",
    ]  # fmt: skip


def test_too_few_runs_or_no_run_are_wrong_usage(
    tiny_run: Path, tmp_path: Path, hilum: Call, untouched: Call
) -> None:
    with untouched(tmp_path):
        done = hilum("ensemble", tiny_run, "--out", tmp_path / "mean")
        done.refused(2, "averages at least 2 runs; got 1.")
        done = hilum("ensemble", tiny_run, tmp_path / "none", "--out", tmp_path / "mean")
        done.refused(2, "no run folder", "none")
        assert hilum("ensemble", tiny_run, tiny_run).code == 2


def test_a_small_disk_is_told_and_nothing_is_left(
    tiny_run: Path, sibling: Path, small_disk: Callable[[str], Path], hilum: Call
) -> None:
    disk = small_disk("size=2m")
    done = hilum("ensemble", tiny_run, sibling, "--out", disk / "mean")
    done.refused(1, "mean can't be written: No space left on device")
    assert list(disk.iterdir()) == []


@pytest.mark.parametrize("command", ["explain", "predict"])
def test_a_cross_validation_has_no_network_to_ask(
    command: str, run_copy: Path, phantoms: Path, hilum: Call, untouched: Call
) -> None:
    content = json.loads((run_copy / "network.json").read_text())
    (run_copy / "network.json").write_text(json.dumps(content | {"kind": "cross-validation"}))
    for fold in ("fold-1", "fold-2"):
        (run_copy / "members" / fold).mkdir(parents=True)
    more = (phantoms / "phantom",) if command == "predict" else ()
    with untouched(run_copy):
        hilum(command, run_copy, *more).refused(
            2, "is a cross-validation and has no network of its own; take one of its members: "
            f"{run_copy}/members/fold-1, {run_copy}/members/fold-2.",
        )  # fmt: skip


def test_info_tells_the_folds_of_a_cross_validation(tmp_path: Path, hilum: Call) -> None:
    table = made_table(folder=tmp_path)
    run = made_folds(tmp_path / "folds", table, Made(), [0.8, 0.9])
    (run.folder / "recipe.toml").touch()
    content = json.loads(hilum("info", run.folder, "--json").out)
    assert content["folds"] == ["members/fold-1: best epoch 1", "members/fold-2: best epoch 1"]
    assert content["out-of-fold AUC per slice"] == "1.000 [0.735, 1.000]*"
    metrics = run.metrics()
    mean = {"value": 0.75, "low": 0.7, "high": 0.8, "method": "bootstrap"}
    each = [{"run": "members/fold-1", "auc": 0.8}, {"run": "members/fold-2", "auc": None}]
    metrics["folds"] = {"each": each, "mean": {"auc": mean}}
    run.metrics_file.write_text(json.dumps(metrics))
    content = json.loads(hilum("info", run.folder, "--json").out)
    assert content["mean AUC of the folds"] == "0.750 [0.700, 0.800]"
    assert content["folds"] == [
        "members/fold-1: best epoch 1, test AUC 0.800", "members/fold-2: best epoch 1",
    ]  # fmt: skip
    assert "members/fold-2" in hilum("info", run.folder).out


def test_it_says_how_many_members_began_at_random(
    tiny_run: Path, run_copy: Path, sibling: Path, tmp_path: Path, hilum: Call
) -> None:
    random = "Random initialisation: "
    assert random + "the whole network was trained" in hilum("evaluate", run_copy).out
    out = tmp_path / "all"
    assert hilum("ensemble", tiny_run, sibling, "--out", out).code == 0
    assert random + "every member was trained from scratch.\n" in hilum("evaluate", out).out
    pretrained = tmp_path / "pretrained"
    shutil.copytree(sibling, pretrained)
    write_table(read_table(sibling / "slices.csv"), pretrained / "slices.csv")
    path = pretrained / "environment.json"
    content = json.loads(path.read_text())
    content["weights"]["pretrained"] = True
    path.write_text(json.dumps(content))
    out = tmp_path / "some"
    assert hilum("ensemble", tiny_run, pretrained, "--out", out).code == 0
    assert random + "1 of the 2 members was trained from scratch.\n" in hilum("evaluate", out).out
    weights = json.loads((out / "metrics.json").read_text())["weights"]
    assert (weights["members"], weights["random"], weights["pretrained"]) == (2, 1, False)


def test_an_ensemble_is_a_run_that_training_may_replace_and_not_go_on_with(
    tiny_run: Path, sibling: Path, phantoms: Path, tmp_path: Path, hilum: Call, train: Call
) -> None:
    out = tmp_path / "mean"
    assert hilum("ensemble", tiny_run, sibling, "--out", out).code == 0
    hilum("train", "--resume", out).refused(2, "is finished; there is nothing to resume")
    train(phantoms / "slices.csv", out).refused(2, "exists already", "--force")
    assert train(phantoms / "slices.csv", out, "--force").code == 0
    assert (out / "weights.safetensors").is_file()
    assert not (out / "members").exists()
