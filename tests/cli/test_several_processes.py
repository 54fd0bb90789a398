"""Two processes train together as one would alone."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

LAUNCH = [
    "accelerate.commands.launch", "--multi_gpu", "--num_processes", "2", "--num_machines", "1",
    "--mixed_precision", "no", "--dynamo_backend", "no", "--main_process_port", "0",
]  # fmt: skip
"""Port 0: a free one. Of accelerate 1.15 only --multi_gpu starts several processes, GPU or not."""

VALIDATION_NOISE, TRAIN_NOISE = 0.05, 0.2
"""How far losses may lie apart: batch norm and dropout see other halves of each batch."""


def test_two_processes_give_the_figures_of_one(place: Path, tiny_run: Path) -> None:
    run = place / "run"
    command = [
        sys.executable, "-m", *LAUNCH, "-m", "hilum", "train",
        str(place / "slices.csv"), "--recipe", "phantom", "--out", str(run),
        "--set", "training.epochs=1", "--set", "input.size=64", "--weights", "none", "--report",
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=150)
    assert done.returncode == 0, done.stderr
    assert json.loads((run / "environment.json").read_text())["processes"] == 2
    said = done.stdout.splitlines()
    assert said[-1] == str(run / "report.html")
    assert len([line for line in said if line.startswith("border auc")]) == 1  # nothing twice
    for said in ("Design:", "Weights:", "epoch 1 of 1: train loss"):
        assert len(re.findall(said, done.stderr)) == 1, done.stderr
    assert {path.name for path in run.iterdir()} == {path.name for path in tiny_run.iterdir()}
    assert sorted(path.name for path in place.iterdir()) == ["phantom", "run", "slices.csv"]
    two, one = (pd.read_csv(path / "history.csv").iloc[0] for path in (run, tiny_run))
    assert two["validation_loss"] == pytest.approx(one["validation_loss"], abs=VALIDATION_NOISE)
    assert two["train_loss"] == pytest.approx(one["train_loss"], abs=TRAIN_NOISE)
    assert two["train_loss"] != one["train_loss"]
