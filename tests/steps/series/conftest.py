"""Studies drawn once, and a network without weights."""

from __future__ import annotations

from pathlib import Path

import pytest
from ct_studies import Brightness, make_described_run, make_studies

from hilum.run import Run
from hilum.steps.predict import step
from hilum.steps.predict.engine import LoadedEngine


@pytest.fixture(scope="session")
def studies(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the studies of four phantom patients; not to be changed."""
    return make_studies(tmp_path_factory.mktemp("studies"), numbers=(0, 1, 2, 3))


@pytest.fixture
def quick_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every run is computed by `Brightness`."""
    monkeypatch.setattr(step, "open_engine", lambda *_: LoadedEngine("onnx", [Brightness()]))


@pytest.fixture
def quick_run(tmp_path: Path, quick_network: None) -> Run:
    """A run that was not evaluated."""
    return make_described_run(tmp_path / "run")
