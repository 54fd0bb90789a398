"""What the tests of networks share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from conftest import MakeTable
from settled_runs import run_maker

from hilum.run import Run


@pytest.fixture(autouse=True)
def _same_random_numbers() -> None:
    """Random weights are the same in every run and in any order of the tests."""
    torch.manual_seed(0)


@pytest.fixture
def make_run(tmp_path: Path, make_table: MakeTable) -> Callable[..., Run]:
    """Make a finished run with random weights and its network.onnx."""
    return run_maker(tmp_path, make_table)
