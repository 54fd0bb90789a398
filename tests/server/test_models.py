"""Runs by their names in a server."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from hilum.errors import RunError, UsageError
from hilum.server.models import named_sources, report_of, summary_of


def test_names_are_those_of_the_folders_and_unlike(runs: list[Path], tmp_path: Path) -> None:
    odd = shutil.copytree(runs[0], tmp_path / "my run: <b>")
    names = [one.name for one in named_sources([runs[0], runs[0], odd])]
    assert names == ["run-1", "run-1-2", "my-run-b"]


def test_a_run_without_a_network_of_its_own_is_refused(runs: list[Path], tmp_path: Path) -> None:
    folder = shutil.copytree(runs[0], tmp_path / "folds")
    text = (folder / "network.json").read_text().replace("{", '{"kind": "cross-validation",', 1)
    (folder / "network.json").write_text(text)
    (folder / "predictions.csv").write_text("slice_id\n")
    with pytest.raises(UsageError, match="has no network of its own"):
        named_sources([folder])
    (folder / "network.json").write_text("{}")
    with pytest.raises(RunError):
        named_sources([folder])


def test_the_report_and_what_the_run_is_are_named_if_they_are_there(
    runs: list[Path], tmp_path: Path
) -> None:
    folder = shutil.copytree(runs[0], tmp_path / "run")
    (folder / "report.html").write_text("<p>report")
    (source,) = named_sources([folder])
    assert report_of(source) == folder / "report.html"
    summary = summary_of(source, engine="onnx", maps=[], layers=[])
    assert summary.report and summary.maps == []
    assert summary.card["classes"] == "cancer, pneumonia; positive: cancer"
    assert summary.trust and summary.trust[0].startswith("How far can this be trusted?")
