"""What stands above the tables of the benchmarks."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest
import torch


@pytest.fixture(scope="module")
def machine() -> ModuleType:
    path = Path(__file__).resolve().parents[2] / "benchmarks" / "_machine.py"
    spec = importlib.util.spec_from_file_location("_machine", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_table_is_headed_by_command_commit_machine_and_software(
    machine: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = machine.ROOT / "benchmarks" / "throughput.py"
    monkeypatch.setattr(sys, "argv", [str(script), "--networks", "a b"])
    command, commit, computer, software = machine.describe().splitlines()
    assert command == "- Command: `python benchmarks/throughput.py --networks 'a b'`"
    assert commit.startswith("- Commit: ")
    assert f"{torch.get_num_threads()} threads" in computer
    assert f"torch {torch.__version__.partition('+')[0]}" in software


def test_the_limit_is_counted_in_operations_a_second(
    machine: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "timed", lambda work, times: [2.0, 0.5, 1.0])
    assert machine.matmul_limit() == pytest.approx(2 * 2048**3 / 0.5 / 1e9)


def test_the_middle_of_an_even_number_lies_between_two(machine: ModuleType) -> None:
    assert machine.best_and_median([4.0, 1.0, 2.0, 3.0]) == (1.0, 2.5)
    assert machine.best_and_median([3.0, 1.0, 2.0]) == (1.0, 2.0)
    assert machine.row("a", 1) == "| a | 1 |"
