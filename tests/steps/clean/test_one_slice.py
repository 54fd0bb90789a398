"""Cleaning one slice: which file is written, under which name, in which state."""

from __future__ import annotations

import errno
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from hilum.errors import ReadError, StorageError
from hilum.prepare.clean import cleaning
from hilum.steps.clean import one_slice
from hilum.steps.clean.one_slice import CleanedRow, CleanTask, clean_one

GREY = (np.arange(64 * 64).reshape(64, 64) % 97 + 60).astype(np.uint8)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("images", "masks"):
        (tmp_path / "out" / name).mkdir(parents=True)
    return tmp_path / "out"


def task_of(path: Path, folder: Path, *, row: int = 0, has_regions: bool = False) -> CleanTask:
    return CleanTask(row, path, "", None, has_regions, folder)


def nothing_found(pixels: npt.NDArray[np.uint8]) -> cleaning.Cleaned:
    """Stand for a cleaning that finds no annotation."""
    return cleaning.Cleaned(pixels, np.zeros(pixels.shape[:2], dtype=bool), ())


def fill_corner(pixels: npt.NDArray[np.uint8]) -> cleaning.Cleaned:
    """Stand for a cleaning that fills the first ten rows and columns with 7."""
    mask = np.zeros(pixels.shape[:2], dtype=bool)
    mask[:10, :10] = True
    filled = pixels.copy()
    filled[mask] = 7
    return cleaning.Cleaned(filled, mask, ("plate", "mark"))


def test_a_slice_without_annotations_is_copied_under_its_row(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(one_slice, "clean_picture", nothing_found)
    cv2.imwrite(str(tmp_path / "a.jpg"), np.full((64, 64), 90, np.uint8))
    row = clean_one(task_of(tmp_path / "a.jpg", folder, row=41))
    assert row == CleanedRow("images/000042.jpg", "untouched", "0")
    assert (folder / row.path).read_bytes() == (tmp_path / "a.jpg").read_bytes()


def test_a_cleaned_slice_is_png_with_its_mask(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(one_slice, "clean_picture", fill_corner)
    cv2.imwrite(str(tmp_path / "a.bmp"), GREY)
    row = clean_one(task_of(tmp_path / "a.bmp", folder))
    assert row == CleanedRow(
        "images/000001.png", "cleaned", f"{100 / 64**2:.6f}", "plate; mark", "masks/000001.png"
    )
    written = cv2.imread(str(folder / row.path), cv2.IMREAD_UNCHANGED)
    assert (written[:10, :10] == 7).all() and np.array_equal(written[10:], GREY[10:])
    mask = cv2.imread(str(folder / row.mask), cv2.IMREAD_UNCHANGED)
    assert mask[:10, :10].min() == 255 and mask.sum() == 100 * 255


def test_colours_stay_in_their_order(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(one_slice, "clean_picture", fill_corner)
    bgr = np.dstack([GREY, GREY // 2, GREY // 3])
    cv2.imwrite(str(tmp_path / "a.png"), bgr)
    row = clean_one(task_of(tmp_path / "a.png", folder))
    assert np.array_equal(cv2.imread(str(folder / row.path))[10:], bgr[10:])


def test_a_turned_slice_is_refused_only_where_boxes_would_not_fit(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(one_slice, "clean_picture", nothing_found)
    exif = Image.Exif()
    exif[274] = 6
    Image.fromarray(np.full((64, 48), 90, np.uint8)).save(tmp_path / "a.jpg", exif=exif)
    assert clean_one(task_of(tmp_path / "a.jpg", folder)).state == "untouched"
    with pytest.raises(ReadError, match="turns this slice"):
        clean_one(task_of(tmp_path / "a.jpg", folder, has_regions=True))


def test_a_full_disk_is_a_storage_error(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(one_slice, "clean_picture", nothing_found)
    monkeypatch.setattr(one_slice.shutil, "copyfile", full)
    cv2.imwrite(str(tmp_path / "a.png"), GREY)
    with pytest.raises(
        StorageError, match=r"000001\.png can't be written: No space left on device"
    ):
        clean_one(task_of(tmp_path / "a.png", folder))
