"""hilum data harmonise."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from phantom_tables import phantom_table
from PIL import Image

from hilum.table import read_table, write_table

pytestmark = pytest.mark.usefixtures("no_annotations")


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Phantoms of six patients, one of which is replaced by a blank."""
    slices = phantom_table(tmp_path, patients=6, size=128)
    Image.fromarray(np.full((128, 128), 70, np.uint8)).save(slices.paths()[0])
    write_table(slices, tmp_path / "slices.csv")
    return tmp_path / "slices.csv"


def test_what_was_found_is_said_by_source(hilum, table: Path, tmp_path: Path) -> None:
    out = tmp_path / "even"
    done = hilum("data", "harmonise", table, "--out", out)
    lines = done.out.splitlines()
    assert done.code == 0
    assert lines[:2] == ["lungs found: 11 of 12 slices", "    not a chest: 1"]
    by_source = [line.split(" of ") for line in lines if line.endswith(" ok")]
    assert sum(int(first.split(": ")[1]) for first, _ in by_source) == 11
    assert lines[-2] == f"Look: {out / 'review-1.html'}"
    assert lines[-1] == (f"{out / 'slices.csv'}: 12 slices. Next: hilum split {out / 'slices.csv'}")
    assert read_table(out / "slices.csv").rows["lungs"].tolist().count("ok") == 11


def test_json_is_all_that_is_printed(hilum, table: Path, tmp_path: Path) -> None:
    done = hilum("data", "harmonise", table, "--out", tmp_path / "even", "--json")
    content = json.loads(done.out)
    assert content["slices"] == 12
    assert content["lungs"] == {"ok": 11, "not a chest": 1}


def test_existing_folder_is_refused_without_force(hilum, table: Path, tmp_path: Path) -> None:
    (tmp_path / "even").mkdir()
    (tmp_path / "even" / "mine.txt").write_text("mine")
    done = hilum("data", "harmonise", table, "--out", tmp_path / "even")
    assert done.code == 2
    assert (tmp_path / "even" / "mine.txt").is_file()
