"""hilum predict by series: chosen by what the paths hold, with its exit codes."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ct_studies import Brightness, make_described_run, make_studies
from PIL import Image

from hilum.run import Run
from hilum.steps.predict import step
from hilum.steps.predict import write as by_slice
from hilum.steps.predict.engine import LoadedEngine
from hilum.steps.series import write as by_series

Hilum = Callable[..., Any]


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_studies(tmp_path_factory.mktemp("studies")) / "p0001"


@pytest.fixture
def quick_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    run = make_described_run(tmp_path / "run")
    monkeypatch.setattr(step, "open_engine", lambda *_: LoadedEngine("onnx", [Brightness()]))
    for module in (by_slice, by_series):  # the folder holds network.json alone
        monkeypatch.setattr(module, "open_source", lambda _: run)
    return run


def test_a_folder_of_dicom_is_predicted_by_series(
    study: Path, quick_run: Run, hilum: Hilum
) -> None:
    shown = hilum("predict", str(quick_run.folder), str(study))
    assert shown.code == 0
    assert len(shown.out.splitlines()) == 3  # a header and two kernels
    assert "A localizer (scout view), not an axial slice." in shown.err
    assert "files left out, no axial chest CT: 6; see above." in shown.err
    assert shown.err.index("Research use only") < shown.err.index(", probability 0.")


def test_by_slice_gives_a_row_for_each_file(study: Path, quick_run: Run, hilum: Hilum) -> None:
    shown = hilum("predict", str(quick_run.folder), str(study), "--by", "slice")
    assert shown.code == 0
    assert len(shown.out.splitlines()) == 1 + 12 + 12 + 5 + 1


def test_pictures_among_dicom_are_predicted_by_slice(
    study: Path, quick_run: Run, hilum: Hilum, tmp_path: Path
) -> None:  # fmt: skip
    folder = Path(shutil.copytree(study / "lung", tmp_path / "mixed"))
    Image.new("L", (64, 64)).save(folder / "a.png")
    shown = hilum("predict", str(quick_run.folder), str(folder))
    assert shown.code == 0
    assert len(shown.out.splitlines()) == 1 + 12 + 1


def test_a_broken_slice_is_named_and_makes_the_exit_code_1(
    study: Path, quick_run: Run, hilum: Hilum, tmp_path: Path
) -> None:  # fmt: skip
    folder = Path(shutil.copytree(study / "lung", tmp_path / "series"))
    (folder / "0004.dcm").write_bytes((folder / "0004.dcm").read_bytes()[:500])
    shown = hilum("predict", str(quick_run.folder), str(folder))
    assert shown.code == 1
    assert len(shown.out.splitlines()) == 2
    assert f"refused: {folder / '0004.dcm'}: " in shown.err


def test_where_nothing_has_an_answer_the_exit_code_is_1(
    study: Path, quick_run: Run, hilum: Hilum
) -> None:
    shown = hilum("predict", str(quick_run.folder), str(study / "scout"))
    assert shown.code == 1
    assert "No series has an answer." in shown.err


def test_pages_and_objects_are_for_series(
    study: Path, quick_run: Run, hilum: Hilum, tmp_path: Path
) -> None:  # fmt: skip
    one = str(study / "lung" / "0006.dcm")
    options = ["--by", "slice", "--page", str(tmp_path / "pages")]
    shown = hilum("predict", str(quick_run.folder), one, *options)
    assert shown.code == 2
    assert "--page and --dicom are for series" in shown.err


def test_phantom_studies_are_drawn_by_the_command_line(hilum: Hilum, tmp_path: Path) -> None:
    table = tmp_path / "slices.csv"
    drawn = ["data", "build", f"phantom={tmp_path}", "--dicom", "--patients", "1", "--slices", "8"]
    shown = hilum(*drawn, "--size", "64", "--out", str(table))
    assert shown.code == 0
    study = tmp_path / "phantom-dicom" / "p0001"
    counts = {folder.name: len(list(folder.iterdir())) for folder in study.iterdir()}
    assert counts == {"lung": 8, "soft": 8, "scout": 1, "coronal": 5}
    assert "series_instance_uid" in table.read_text().splitlines()[0]
    shown = hilum(*drawn[:-1], "2", "--out", str(table), "--force")
    assert shown.code == 2
    assert "a series must have from 8 to 1000 slices; got 2." in shown.err
