"""Cleaning a table: what is written, what stays, and what is refused."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest
from multi_frame import write_frames
from PIL import Image

from hilum.errors import ReadError, UsageError
from hilum.prepare import rewriting
from hilum.readers import read_in_colour, read_slice
from hilum.steps.clean import clean, step
from hilum.table import SliceTable, check_rows, read_csv, read_row

MakeTable = Callable[..., SliceTable]


def body() -> np.ndarray:
    """A slice without annotations: a grey oval on black."""
    picture = np.zeros((200, 240), dtype=np.uint8)
    cv2.ellipse(picture, (120, 100), (100, 80), 0, 0, 360, 150, -1)
    return cv2.GaussianBlur(picture, (0, 0), 3)


def with_plate(picture: np.ndarray) -> np.ndarray:
    marked = picture.copy()
    marked[4:30, 6:50] = 255
    cv2.putText(marked, "A", (18, 26), 0, 0.8, (0,) * 3, 2)
    return marked


@pytest.fixture
def slices(tmp_path: Path, make_table: MakeTable) -> SliceTable:
    """A clean PNG, one with a plate, a coloured JPEG with a plate, a clean JPEG."""
    folder = tmp_path / "slices"
    folder.mkdir()
    Image.fromarray(body()).save(folder / "0.png", compress_level=1)
    Image.fromarray(with_plate(body())).save(folder / "1.png")
    tinted = np.stack([body(), body(), np.clip(body() * 1.2, 0, 255).astype(np.uint8)], axis=2)
    Image.fromarray(with_plate(tinted)).save(folder / "2.jpg", quality=95)
    Image.fromarray(body()).save(folder / "3.jpg", quality=90)
    Image.fromarray(np.zeros((200, 240), dtype=np.uint8)).save(folder / "mask.png")
    return make_table(
        4, folder=folder, path=["0.png", "1.png", "2.jpg", "3.jpg"], stage=["I", "", "II", ""],
        boxes=["", "10 20 60 70", "none", ""], mask=["", "mask.png", "", ""],
    )  # fmt: skip


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_slices_without_annotations_are_copied_byte_by_byte(
    slices: SliceTable, tmp_path: Path
) -> None:
    report = clean(slices, out=tmp_path / "out")
    before, after = slices.paths(), report.table.paths()
    assert [digest(before[row]) == digest(after[row]) for row in range(4)] == [
        True, False, False, True,
    ]  # fmt: skip
    assert report.table.rows["cleaned"].map(float).gt(0).tolist() == [False, True, True, False]


def test_the_plate_is_gone_and_nothing_else_changed(slices: SliceTable, tmp_path: Path) -> None:
    report = clean(slices, out=tmp_path / "out")
    after = read_slice(report.table.paths()[1]).grey
    rows = read_csv(tmp_path / "out" / "cleaned.csv")
    mask = read_slice(tmp_path / "out" / rows["mask"][1]).grey > 0
    plate = with_plate(body())[4:30, 6:50] == 255
    assert mask[4:30, 6:50][plate].all()  # the letter is as black as what it stands on
    assert np.abs(after.astype(int) - body())[4:30, 6:50].max() < 40
    assert (after[~mask] == with_plate(body())[~mask]).all()
    assert np.abs(after.astype(int) - body())[mask].max() < 40
    assert rows["state"].tolist() == ["untouched", "cleaned", "cleaned", "untouched"]
    assert rows["kinds"].tolist() == ["", "light", "light", ""]
    assert float(rows["changed"][1]) == pytest.approx(mask.mean(), abs=1e-6)


def test_a_coloured_slice_keeps_its_colours(slices: SliceTable, tmp_path: Path) -> None:
    report = clean(slices, out=tmp_path / "out")
    before, after = (read_in_colour(path) for path in (slices.paths()[2], report.table.paths()[2]))
    assert before is not None and after is not None
    assert (after[100:] == before[100:]).all() and after[4:30, 6:50].max() < 120


def test_rows_boxes_masks_and_further_columns_stay(slices: SliceTable, tmp_path: Path) -> None:
    table = clean(slices, out=tmp_path / "out").table
    unchanged = ["slice_id", "label", "group", "source", "split", "boxes", "window", "stage"]
    pd.testing.assert_frame_equal(table.rows[unchanged], slices.rows[unchanged])
    assert (table.folder / table.rows["mask"][1]).resolve() == slices.folder / "mask.png"
    shapes = [read_slice(path).shape for path in table.paths()]
    assert shapes == [read_slice(path).shape for path in slices.paths()]


def test_it_is_the_same_whatever_the_number_of_workers(
    slices: SliceTable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clean(slices, out=tmp_path / "several")
    monkeypatch.setattr(rewriting, "WORKERS", 1)
    monkeypatch.setattr(rewriting, "AHEAD", 1)
    clean(slices, out=tmp_path / "one")
    several, one = (
        {path.relative_to(tmp_path / name): digest(path)
         for path in (tmp_path / name).rglob("*") if path.is_file()}
        for name in ("several", "one")
    )  # fmt: skip
    assert several == one and len(several) == 4 + 2 + 2 + 2


def test_what_was_cleaned_can_be_cleaned_again_and_stays(
    slices: SliceTable, tmp_path: Path
) -> None:
    first = clean(slices, out=tmp_path / "first").table
    again = clean(first, out=tmp_path / "again")
    assert again.summary["states"]["cleaned"] == 0
    assert (again.table.folder / again.table.rows["mask"][1]).is_file()


def test_the_summary_counts_states_kinds_and_classes(slices: SliceTable, tmp_path: Path) -> None:
    summary = clean(slices, out=tmp_path / "out").summary
    assert summary["states"] == {"cleaned": 2, "untouched": 2, "hounsfield": 0}
    assert summary["kinds"] == {"light": 2}
    assert summary["labels"] == {
        "cancer": {"slices": 2, "cleaned": 1}, "pneumonia": {"slices": 2, "cleaned": 1},
    }  # fmt: skip
    assert 0.02 < summary["changed_most"] < 0.04
    assert summary["changed_mean"] == pytest.approx(summary["changed_most"] / 2, rel=0.1)


def test_review_sheets_hold_before_mask_and_after_without_script(
    slices: SliceTable, tmp_path: Path
) -> None:
    report = clean(slices, out=tmp_path / "out")
    assert [sheet.name for sheet in report.sheets] == ["review-1.html", "review-2.html"]
    changed, untouched = (sheet.read_text(encoding="utf-8") for sheet in report.sheets)
    assert changed.count("<img ") == 6 and untouched.count("<img ") == 2
    for text in (changed, untouched):
        assert "<script" not in text and "default-src 'none'" in text and "http://" not in text
    assert "2 of 4 slices were changed" in changed and "In 2 of 4 slices" in untouched
    assert 'href="review-2.html"' in changed


def test_a_folder_that_stands_there_is_refused_and_force_replaces_it(
    slices: SliceTable, tmp_path: Path
) -> None:
    clean(slices, out=tmp_path / "out")
    with pytest.raises(UsageError, match="exists already"):
        clean(slices, out=tmp_path / "out")
    assert len(clean(slices, out=tmp_path / "out", force=True).table) == 4


def test_the_folder_of_the_slices_themselves_is_never_replaced(
    slices: SliceTable, tmp_path: Path
) -> None:
    own = clean(slices, out=tmp_path / "out").table
    with pytest.raises(UsageError, match=r"holds slices of slices\.csv; choose another"):
        clean(own, out=tmp_path / "out", force=True)
    assert own.paths()[0].is_file()


def test_a_broken_slice_is_named_and_nothing_is_left(slices: SliceTable, tmp_path: Path) -> None:
    (slices.folder / "3.jpg").write_bytes(b"\xff\xd8\xff no picture")
    with pytest.raises(ReadError, match=r"slices.csv, row 5, column path: .*3\.jpg"):
        clean(slices, out=tmp_path / "out")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["slices"]


def test_an_interruption_leaves_nothing(
    slices: SliceTable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(step, "write_sheets", interrupt)
    with pytest.raises(KeyboardInterrupt):
        clean(slices, out=tmp_path / "out")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["slices"]


def test_dicom_in_hounsfield_units_is_copied_and_says_so(
    tmp_path: Path, make_table: MakeTable, real_data: Path
) -> None:
    ct = next((real_data / "dicom-variety").glob("chestct_*.dcm"))
    table = make_table(1, folder=ct.parent, path=[ct.name], window="350/40")
    report = clean(table, out=tmp_path / "out")
    assert report.summary["states"] == {"cleaned": 0, "untouched": 0, "hounsfield": 1}
    assert digest(report.table.paths()[0]) == digest(ct)
    assert report.table.rows["cleaned"].tolist() == [""]
    assert report.sheets == ()


def test_a_frame_is_cleaned_into_a_picture_of_its_own(slices: SliceTable, tmp_path: Path) -> None:
    write_frames(slices.folder / "frames.dcm", np.stack([body(), with_plate(body())]))
    rows = slices.rows.iloc[[0, 1]].assign(path="frames.dcm", frame=["0", "1"], boxes="", mask="")
    table = SliceTable(check_rows(rows.reset_index(drop=True), name="x"), slices.folder)
    report = clean(table, out=tmp_path / "out")
    assert report.table.rows["frame"].tolist() == ["0", ""]
    assert report.table.paths()[0].suffix == ".dcm"
    assert np.array_equal(read_row(report.table, 0).grey, body())
    cleaned = read_row(report.table, 1).grey.astype(int)
    assert np.abs(cleaned - body())[4:30, 6:50].max() < 40


def test_a_turned_slice_with_boxes_is_refused(slices: SliceTable, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 3
    Image.fromarray(with_plate(body())).save(slices.folder / "turned.png", exif=exif)
    rows = slices.rows.iloc[[0]].assign(path="turned.png", boxes="1 1 5 5", mask="")
    table = SliceTable(check_rows(rows, name="x"), slices.folder)
    with pytest.raises(ReadError, match=r"row 2, column path: the orientation in the file \(EXIF"):
        clean(table, out=tmp_path / "out")
    free = SliceTable(table.rows.assign(boxes=""), slices.folder)
    assert clean(free, out=tmp_path / "out").summary["states"]["cleaned"] == 1
