"""Two processes train together as one would alone."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from short_training import SHORT
from waiting import wait_until

LAUNCH = [
    "accelerate.commands.launch", "--multi_gpu", "--num_processes", "2", "--num_machines", "1",
    "--mixed_precision", "no", "--dynamo_backend", "no", "--main_process_port", "0",
]  # fmt: skip
"""Port 0: a free one. Of accelerate 1.15 only --multi_gpu starts several processes, GPU or not."""

VALIDATION_NOISE, TRAIN_NOISE = 0.05, 0.2
"""How far losses may lie apart: batch norm and dropout see other halves of each batch."""


def test_two_processes_give_the_figures_of_one(
    workdir: Path, tiny_run: Path, tmp_path: Path, train: Any
) -> None:
    run, alone = workdir / "run", tmp_path / "alone"
    larger = ("--set", "network.backbone=resnet10t")  # batch norm in wider layers: less noise
    assert train(workdir / "slices.csv", alone, *larger).code == 0
    command = [
        sys.executable, "-m", *LAUNCH, "-m", "hilum", "train",
        str(workdir / "slices.csv"), "--recipe", "phantom", "--out", str(run),
        *SHORT, *larger, "--report",
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=150)
    assert done.returncode == 0, done.stderr
    assert json.loads((run / "environment.json").read_text())["processes"] == 2
    output = done.stdout.splitlines()
    assert output[-1] == str(run / "report.html")
    assert len([line for line in output if line.startswith("border auc")]) == 1  # nothing twice
    for output in ("Design:", "Weights:", "epoch 1 of 1: train loss"):
        assert len(re.findall(output, done.stderr)) == 1, done.stderr
    assert {path.name for path in run.iterdir()} == {path.name for path in tiny_run.iterdir()}
    assert sorted(path.name for path in workdir.iterdir()) == ["phantom", "run", "slices.csv"]
    two, one = (pd.read_csv(path / "history.csv").iloc[0] for path in (run, alone))
    assert two["validation_loss"] == pytest.approx(one["validation_loss"], abs=VALIDATION_NOISE)
    assert two["train_loss"] == pytest.approx(one["train_loss"], abs=TRAIN_NOISE)
    assert two["train_loss"] != one["train_loss"]


def many(phantoms: Path, folder: Path) -> Path:
    """Enough slices that a prediction takes a few seconds, in several parts."""
    folder.mkdir()
    images = sorted((phantoms / "phantom" / "images").iterdir())
    for number in range(1100):
        image = images[number % len(images)]
        (folder / f"{number:04d}{image.suffix}").symlink_to(image)
    (folder / "zz.png").write_text("no picture")
    return folder


def shared(run: Path, slices: Path, out: Path, *options: str) -> list[str]:
    return [sys.executable, "-m", *LAUNCH, "-m", "hilum", "predict", str(run), str(slices), "--out",
            str(out), *options]  # fmt: skip


@pytest.mark.slow
def test_two_processes_predict_into_one_file_and_a_killed_one_is_made_good(
    tiny_run: Path, phantoms: Path, tmp_path: Path, hilum_process: Any
) -> None:
    slices, out = many(phantoms, tmp_path / "many"), tmp_path / "p.csv"
    alone = hilum_process("predict", tiny_run, slices, "--out", tmp_path / "one.csv")
    assert alone.code == 1  # zz.png is refused
    begun = subprocess.Popen(
        shared(tiny_run, slices, out), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    parts = tmp_path / "p.csv.parts"
    wait_until(lambda: list(parts.glob("part-*")), 60, every=0.01, what="a part")
    second = [
        int(path.name)
        for path in Path("/proc").iterdir()
        if path.name.isdecimal() and _is_second(path, str(out))
    ]
    for process in second:
        os.kill(process, signal.SIGKILL)
    assert begun.wait(timeout=60) != 0
    assert not out.exists()
    assert list(parts.glob("part-*"))
    done = subprocess.run(shared(tiny_run, slices, out), capture_output=True, text=True, timeout=90)
    assert done.returncode == 1
    assert (
        len(re.findall(r"Resuming: parts of 256 files that are done already: \d", done.stderr)) == 1
    )
    for output in ("refused: ", "1100 slices predicted: ", "1 file refused; see above."):
        assert done.stderr.count(output) == 1, done.stderr
    assert out.read_bytes() == (tmp_path / "one.csv").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["many", "one.csv", "p.csv"]


def _is_second(process: Path, out: str) -> bool:
    """Whether a process is the second one of a shared prediction into `out`."""
    try:
        words = (process / "cmdline").read_bytes().decode().split("\0")
        content = (process / "environ").read_bytes().decode().split("\0")
    except OSError:
        return False
    return out in words and "RANK=1" in content


def test_several_processes_need_a_file(
    tiny_run: Path, phantoms: Path, hilum: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    hilum("predict", tiny_run, phantoms).refused(2, "several processes need --out FILE")
