"""Runs for the engines."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import MakeTable
from settled_runs import run_maker

from hilum.run import Run


@pytest.fixture
def make_run(tmp_path: Path, make_table: MakeTable) -> Callable[..., Run]:
    """Make a finished run with random weights and its network.onnx."""
    return run_maker(tmp_path, make_table)
