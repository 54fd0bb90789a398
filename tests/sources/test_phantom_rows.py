"""Rows of phantoms: boxes from masks, settings recognised, nothing of others replaced."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hilum.boxes import parse_boxes
from hilum.errors import UsageError
from hilum.sources import BuildOptions, PhantomSettings, build_table
from hilum.sources.phantom.scanner import SCANNERS

SMALL = PhantomSettings(patients=8, slices_per_patient=1, size=128)


def test_the_box_is_the_box_of_the_mask_and_bright(tmp_path: Path) -> None:
    table = build_table(
        [("phantom", tmp_path / "p")],
        out=tmp_path / "slices.csv",
        options=BuildOptions(phantom=SMALL),
    ).table
    cancer = table.where(table.rows["label"] == "cancer")
    for row, path in zip(cancer.rows.to_dict("records"), cancer.paths(), strict=True):
        (box,) = parse_boxes(row["boxes"])
        mask = np.asarray(Image.open(tmp_path / row["mask"])) > 0
        picture = np.asarray(Image.open(path))
        inside = mask[box.row_min : box.row_max, box.col_min : box.col_max]
        assert inside.sum() == mask.sum() and inside.any(axis=1).all() and inside.any(axis=0).all()
        assert picture[mask].mean() > 120


def test_rows_carry_window_kind_and_known_absence(tmp_path: Path) -> None:
    settings = replace(SMALL, classes=("cancer", "normal", "pneumonia"), patients=12)
    result = build_table(
        [("phantom", tmp_path)], out=tmp_path / "slices.csv", options=BuildOptions(phantom=settings)
    )
    rows = result.table.rows
    assert rows["label"].value_counts().to_dict() == {"cancer": 4, "normal": 4, "pneumonia": 4}
    assert set(rows.loc[rows["label"] == "normal", "boxes"]) == {"none"}
    assert set(rows.loc[rows["label"] == "pneumonia", "boxes"]) == {""}
    assert set(rows.loc[rows["label"] == "cancer", "lesion_kind"]) <= {"mass", "nodule"}
    windows = {scanner.name: str(scanner.window) for scanner in SCANNERS}
    assert list(rows["source"].map(windows)) == list(rows["window"])
    assert result.notes == (
        "phantom: 12 synthetic patients, lesions 1, link 0; phantoms prove the machinery, "
        "not the medicine.",
    )


def test_the_same_settings_are_not_drawn_twice(tmp_path: Path) -> None:
    options = BuildOptions(phantom=SMALL)
    build_table([("phantom", tmp_path)], out=tmp_path / "a.csv", options=options)
    picture = tmp_path / "phantom" / "images" / "p0001-1.png"
    stamp = picture.stat().st_mtime_ns
    build_table([("phantom", tmp_path)], out=tmp_path / "b.csv", options=options)
    assert picture.stat().st_mtime_ns == stamp
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()


def test_other_settings_replace_only_by_force(tmp_path: Path) -> None:
    keep = tmp_path / "notes.txt"
    keep.write_text("mine")
    build_table(
        [("phantom", tmp_path)], out=tmp_path / "a.csv", options=BuildOptions(phantom=SMALL)
    )
    other = BuildOptions(phantom=replace(SMALL, patients=2))
    with pytest.raises(UsageError, match="holds phantoms of other settings; choose another folder"):
        build_table([("phantom", tmp_path)], out=tmp_path / "b.csv", options=other)
    assert not (tmp_path / "b.csv").exists()
    made = build_table([("phantom", tmp_path)], out=tmp_path / "b.csv", options=other, force=True)
    assert len(made.table) == 2 and keep.read_text() == "mine"


def test_a_folder_that_holds_no_phantoms_is_never_replaced(tmp_path: Path) -> None:
    keep = tmp_path / "phantom" / "notes.txt"
    keep.parent.mkdir()
    keep.write_text("mine")
    options = BuildOptions(phantom=replace(SMALL, patients=2))
    for force, words in ((False, "exists already and is no folder"), (True, "is no folder")):
        with pytest.raises(UsageError, match=words) as caught:
            build_table(
                [("phantom", tmp_path)], out=tmp_path / "a.csv", options=options, force=force
            )
        assert "that hilum made (it has no phantom.json)" in str(caught.value)
    assert keep.read_text() == "mine"
    assert not (tmp_path / "a.csv").exists()


def test_a_file_is_no_place_for_phantoms(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    with pytest.raises(UsageError, match="is a file; phantoms are drawn into a folder"):
        build_table([("phantom", file)], out=tmp_path / "slices.csv")
