"""A full or read-only disk: one sentence, nothing half-written, and the work can go on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

Call = Callable[..., Any]

NETWORK_KB = 1500
"""Size of the small network's weights; a checkpoint holds them three times more."""


def test_building_phantoms_on_a_full_disk_leaves_no_table(small_disk: Call, hilum: Call) -> None:
    disk = small_disk("size=128k")
    build = ("data", "build", f"phantom={disk / 'phantom'}", "--out", disk / "slices.csv")
    done = hilum(*build, "--patients", 24, "--slices", 2)
    done.refused(1, "can't be written: No space left on device")
    assert not (disk / "slices.csv").exists()
    assert list(disk.rglob(".*")) == []


def test_building_a_table_on_a_read_only_disk_is_refused(
    phantoms: Path, small_disk: Call, hilum: Call
) -> None:
    disk = small_disk("size=1m,ro")
    build = ("data", "build", f"table={phantoms / 'slices.csv'}", "--out", disk / "new.csv")
    hilum(*build).refused(1, "new.csv can't be written: Read-only file system")


def test_a_training_does_not_begin_on_a_full_disk(
    phantoms: Path, small_disk: Call, train: Call
) -> None:
    disk = small_disk("size=1m")
    done = train(phantoms / "slices.csv", disk / "run")
    done.refused(1, "start.safetensors can't be written", "No space left")
    assert list(disk.iterdir()) == []


def test_a_training_that_filled_the_disk_goes_on_when_there_is_space(
    phantoms: Path, small_disk: Call, train: Call, hilum: Call
) -> None:
    disk = small_disk(f"size={NETWORK_KB * 3}k")
    run = disk / "run"
    done = train(phantoms / "slices.csv", run)
    done.refused(1, "state.safetensors can't be written", "No space left")
    assert f"Resume with: hilum train --resume {run}" in done.err
    assert not (run / "weights.safetensors").exists()
    assert list(disk.rglob(".*")) == []
    hilum("evaluate", run).refused(1, "was not finished", f"hilum train --resume {run}")
    small_disk(f"size={NETWORK_KB * 10}k")
    assert hilum("train", "--resume", run).code == 0
    assert (run / "weights.safetensors").is_file()
    assert not (run / "checkpoint").exists()


def test_predictions_on_a_full_disk_leave_no_file(
    phantoms: Path, tiny_run: Path, small_disk: Call, hilum: Call
) -> None:
    disk = small_disk("size=4k")
    done = hilum("predict", tiny_run, phantoms / "phantom" / "images", "--out", disk / "said.csv")
    done.refused(1, "said.csv can't be written: No space left on device")
    assert list(disk.iterdir()) == []
