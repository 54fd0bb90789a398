"""A training that is stopped: by Ctrl-C, or killed in the middle of an epoch."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from safetensors.numpy import load_file
from short_training import SMALL_NETWORK
from waiting import wait_until

from hilum.progress import SILENT, Progress

Call = Callable[..., Any]

LONG = ("--set", "training.epochs=3", *SMALL_NETWORK)
"""Enough epochs that one of them is always interrupted."""


class _PressCtrlC:
    """Presses Ctrl-C when a task has come as far as told."""

    def __init__(self, task: str) -> None:
        self.task = task

    def advance(self, task: str, done: int, total: int) -> None:
        """Look whether it is time."""
        if task.startswith(self.task):
            signal.raise_signal(signal.SIGINT)

    def say(self, sentence: str) -> None:
        """Say nothing."""
        SILENT.say(sentence)


@pytest.fixture
def press_at(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Have Ctrl-C pressed in the course of a task.

    A shell that starts the tests in the background has told them to ignore Ctrl-C; here they heed
    it all the same.
    """
    before = signal.signal(signal.SIGINT, signal.default_int_handler)

    def set_up(task: str) -> None:
        @contextmanager
        def shown() -> Iterator[Progress]:
            yield _PressCtrlC(task)

        monkeypatch.setattr("hilum.cli.show.progress_shown", shown)

    yield set_up
    signal.signal(signal.SIGINT, before)


def test_ctrl_c_while_slices_are_read_leaves_nothing(
    workdir: Path, train: Call, untouched: Call, press_at: Callable[[str], None]
) -> None:
    press_at("reading slices")
    with untouched(workdir):
        done = train(workdir / "slices.csv", workdir / "run")
    done.refused(130, "stopped")
    assert "resume" not in done.err


def test_ctrl_c_in_an_epoch_tells_how_to_go_on(
    workdir: Path, train: Call, hilum: Call, press_at: Callable[[str], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    run = workdir / "run"
    press_at("epoch 2")
    done = train(workdir / "slices.csv", run, "--set", "training.epochs=2")
    done.refused(130, "stopped")
    assert f"Resume with: hilum train --resume {run}" in done.err
    assert not (run / "weights.safetensors").exists()
    hilum("predict", run, workdir).refused(1, "was not finished", f"--resume {run}")
    monkeypatch.undo()
    assert hilum("train", "--resume", run).code == 0
    assert pd.read_csv(run / "history.csv")["epoch"].tolist() == [1, 2]
    assert not (run / "checkpoint").exists()


def test_a_start_over_an_interrupted_run_needs_force(
    workdir: Path, train: Call, untouched: Call, press_at: Callable[[str], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    run = workdir / "run"
    press_at("epoch 1")
    assert train(workdir / "slices.csv", run).code == 130
    monkeypatch.undo()
    with untouched(workdir):
        train(workdir / "slices.csv", run).refused(2, "exists already", "--force")


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no SIGKILL")
def test_a_killed_training_goes_on_to_the_very_same_network(workdir: Path, hilum: Call) -> None:
    """Tolerance: none, on one machine; every tensor and every probability is equal."""
    table, run, unbroken = workdir / "slices.csv", workdir / "run", workdir / "unbroken"
    command = ["train", table, "--recipe", "phantom", *LONG]
    process = subprocess.Popen(
        [sys.executable, "-m", "hilum", *map(str, command), "--out", str(run)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    state = run / "checkpoint" / "state.safetensors"
    wait_until(state.exists, 120, every=0.002, process=process, what="a checkpoint")
    process.send_signal(signal.SIGKILL)
    assert process.wait(timeout=20) == -signal.SIGKILL
    assert not (run / "weights.safetensors").exists()
    assert hilum("train", "--resume", run).code == 0
    assert hilum(*command, "--out", unbroken).code == 0
    for path in (run, unbroken):
        assert hilum("evaluate", path).code == 0
    assert (run / "predictions.csv").read_text() == (unbroken / "predictions.csv").read_text()
    resumed, full = (load_file(path / "weights.safetensors") for path in (run, unbroken))
    assert all((resumed[name] == full[name]).all() for name in full)
    assert resumed.keys() == full.keys()
    columns = ["epoch", "train_loss", "validation_loss", "best"]
    histories = [pd.read_csv(path / "history.csv")[columns] for path in (run, unbroken)]
    pd.testing.assert_frame_equal(histories[0], histories[1], check_exact=True)
    assert list(run.rglob(".*")) == []
