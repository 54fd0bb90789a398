"""Two runs, and a server of both that all tests of the server share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from made_dicom import png_file
from serving import Served, served_runs, serving


@pytest.fixture(scope="session")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return served_runs(tmp_path_factory.mktemp("runs"))


@pytest.fixture(scope="session")
def served(runs: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server of both runs, which must still answer after all that is done to it."""
    uploads = tmp_path_factory.mktemp("uploads")
    with serving(*runs, "--memory", "512", uploads=uploads) as server:
        yield server
        assert server.predict(png_file()).status == 200
        assert server.left_on_disk() == []
        log = (uploads.parent / f"{uploads.name}.log").read_text()
        assert "POST /predict 200" in log
        assert "PATIENT" not in log and "secret-name" not in log
