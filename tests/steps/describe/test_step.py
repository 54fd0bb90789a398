"""Describing: the folder that is written, and what is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from conftest import MakeTable
from PIL import Image

from hilum.errors import UsageError
from hilum.sources import SOURCES
from hilum.steps.describe.step import describe, describe_listed
from hilum.table import SliceTable


@pytest.fixture
def slices(tmp_path: Path, make_table: MakeTable) -> SliceTable:
    """Four slices of two classes, each of another size."""
    table = make_table(4, folder=tmp_path / "data", age=["50", "60", "", "70"])
    (tmp_path / "data").mkdir()
    for number, path in enumerate(table.paths()):
        Image.fromarray(np.full((40 + number, 64), 90, np.uint8)).save(path)
    return table


def test_the_folder_holds_the_content_that_is_returned(slices: SliceTable, tmp_path: Path) -> None:
    content = describe(slices, out=tmp_path / "out")
    assert json.loads((tmp_path / "out" / "cohort.json").read_text()) == content
    assert {path.name for path in (tmp_path / "out").iterdir()} >= {
        "cohort.json", "cohort.csv", "cohort.html",
    }  # fmt: skip
    assert sum(counts["slices"] for counts in content["counts"].values()) == 4
    assert content["design"]["level"] == "single"
    noted = content["notes"]
    assert noted["slices"] == max(kind["slices"] for kind in noted["kinds"]) == 4
    assert all(sum(kind["by_label"].values()) == kind["slices"] for kind in noted["kinds"])


def test_without_pictures_no_file_is_read(slices: SliceTable, tmp_path: Path) -> None:
    for path in slices.paths():
        path.unlink()
    content = describe(slices, out=tmp_path / "out", pictures=False)
    assert set(content["counts"]) == {"cancer", "pneumonia"} and content["notes"] is None
    titles = {table["title"] for table in content["tables"]}
    assert "Format" not in titles


def test_a_folder_that_is_there_is_replaced_only_with_force(
    slices: SliceTable, tmp_path: Path
) -> None:
    describe(slices, out=tmp_path / "out", pictures=False)
    with pytest.raises(UsageError, match="exists already; choose another name, or give --force"):
        describe(slices, out=tmp_path / "out", pictures=False)
    describe(slices, out=tmp_path / "out", pictures=False, force=True)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("mine")
    with pytest.raises(UsageError, match=r"is no folder that hilum made \(it has no cohort.json\)"):
        describe(slices, out=tmp_path / "mine", pictures=False, force=True)


def test_the_folder_of_the_slices_is_never_replaced(slices: SliceTable, tmp_path: Path) -> None:
    for name in ("cohort.json", "cohort.html"):
        (tmp_path / "data" / name).touch()
    with pytest.raises(UsageError, match=r"holds slices of slices\.csv"):
        describe(slices, out=tmp_path / "data", pictures=False, force=True)


def test_a_collection_is_described_by_its_own_list(
    tmp_path: Path, make_table: MakeTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = make_table(3, age="60").rows
    source = replace(SOURCES["ct-pneumonia"], listed=lambda path: listed)
    monkeypatch.setitem(SOURCES, "ct-pneumonia", source)
    content = describe_listed("ct-pneumonia", tmp_path, out=tmp_path / "out")
    assert content["title"] == "ct-pneumonia, all that it lists"
    assert content["design"] is None and content["notes"] is None
    assert sum(counts["slices"] for counts in content["counts"].values()) == 3
    with pytest.raises(UsageError, match="exists already"):
        describe_listed("ct-pneumonia", tmp_path, out=tmp_path / "out")


@pytest.mark.parametrize("name", ["folder", "none"])
def test_a_source_without_a_list_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match=f"'{name}' has no list of its own to describe; these hav"):
        describe_listed(name, tmp_path, out=tmp_path / "out")
