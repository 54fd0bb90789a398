"""hilum data clean, and hilum data build --clean."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from hilum.table import read_table


def a_slice(*, plate: bool) -> np.ndarray:
    picture = np.zeros((160, 200), dtype=np.uint8)
    cv2.ellipse(picture, (100, 85), (85, 65), 0, 0, 360, 140, -1)
    picture = cv2.GaussianBlur(picture, (0, 0), 3)
    if plate:
        picture[3:27, 5:45] = 255
        cv2.putText(picture, "C", (15, 24), 0, 0.7, 0, 2)
    return picture


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Class folders of two patients each; both slices of the pneumonias have a panel letter."""
    for label, plate in (("cancer", False), ("pneumonia", True)):
        for patient in ("p1", "p2"):
            workdir = tmp_path / "mine" / label / f"{label}-{patient}"
            workdir.mkdir(parents=True)
            cv2.imwrite(str(workdir / "1.png"), a_slice(plate=plate))
    return tmp_path / "mine"


def test_clean_says_what_it_did_class_by_class(hilum, folder: Path, tmp_path: Path) -> None:
    table, out = tmp_path / "slices.csv", tmp_path / "cleaned"
    assert hilum("data", "build", f"folder={folder}", "--out", table).code == 0
    done = hilum("data", "clean", table, "--out", out)
    assert done.code == 0
    assert done.out.splitlines()[:5] == [
        "cleaned: 2 of 4 slices",
        "    cancer: 0 of 2",
        "    pneumonia: 2 of 2",
        "    light: in 2",
        "untouched: 2, copied byte by byte",
    ]
    assert done.out.splitlines()[-2:] == [
        f"Look: {out / 'review-1.html'}",
        f"{out / 'slices.csv'}: 4 slices. Next: hilum split {out / 'slices.csv'}",
    ]
    assert len(read_table(out / "slices.csv")) == 4


def test_json_is_all_that_is_printed(hilum, folder: Path, tmp_path: Path) -> None:
    table = tmp_path / "slices.csv"
    hilum("data", "build", f"folder={folder}", "--out", table)
    done = hilum("data", "clean", table, "--out", tmp_path / "cleaned", "--json")
    assert json.loads(done.out)["states"] == {"cleaned": 2, "untouched": 2, "hounsfield": 0}


def test_a_folder_in_the_way_is_wrong_usage(hilum, folder: Path, tmp_path: Path) -> None:
    table = tmp_path / "slices.csv"
    hilum("data", "build", f"folder={folder}", "--out", table)
    hilum("data", "clean", table, "--out", folder).refused(2, "exists already")
    hilum("data", "clean", "gone.csv", "--out", tmp_path / "x").refused(2, "no table gone.csv")


def test_build_cleans_all_classes_and_says_that_it_can_tell_them_apart(
    hilum, folder: Path, tmp_path: Path
) -> None:
    table = tmp_path / "slices.csv"
    done = hilum("data", "build", f"folder={folder}", "--clean", "--out", table)
    assert done.code == 0
    assert "cleaned: 0 of 2 cancer, 2 of 2 pneumonia slices" in done.err
    assert "it leaves traces" in done.err
    built = read_table(table)
    assert built.rows["cleaned"].map(float).gt(0).tolist() == [False, False, True, True]
    assert {path.parent for path in built.paths()} == {tmp_path / "slices-cleaned" / "images"}
    assert all(path.is_file() for path in built.paths())
    again = hilum("data", "build", f"folder={folder}", "--clean", "--out", table)
    again.refused(2, "exists already")
    assert hilum(
        "data", "build", f"folder={folder}", "--clean", "--out", table, "--force"
    ).code == 0  # fmt: skip


def test_build_cleaned_refuses_a_table_in_the_way_before_it_works(
    hilum, folder: Path, tmp_path: Path
) -> None:
    table = tmp_path / "slices.csv"
    table.write_text("mine", encoding="utf-8")
    hilum("data", "build", f"folder={folder}", "--clean", "--out", table).refused(2, "exists")
    assert table.read_text(encoding="utf-8") == "mine"
    assert not (tmp_path / "slices-cleaned").exists()
