"""Harmonising a table: what is written, what goes along, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from drawn_chest import chest
from PIL import Image

from hilum.boxes import parse_boxes
from hilum.errors import ReadError, TableError, UsageError
from hilum.prepare.harmonise import SIDE, STEPS, harmonise
from hilum.readers import read_slice
from hilum.steps.harmonise import harmonise_table
from hilum.table import SliceTable, read_csv

MakeTable = Callable[..., SliceTable]
LESION = (slice(90, 110), slice(50, 70))


@pytest.fixture
def slices(tmp_path: Path, make_table: MakeTable) -> SliceTable:
    """A chest with a lesion that has a box and a mask, one without, and a blank."""
    folder = tmp_path / "slices"
    folder.mkdir()
    ill, mask = chest(), np.zeros((200, 200), np.uint8)
    ill[LESION], mask[LESION] = 180, 255
    for name, picture in (("0", ill), ("1", chest()), ("2", np.full((50, 50), 90, np.uint8))):
        Image.fromarray(picture).save(folder / f"{name}.png")
    Image.fromarray(mask).save(folder / "mask.png")
    return make_table(
        3, folder=folder, path=["0.png", "1.png", "2.png"], stage=["I", "", ""],
        boxes=["90 50 110 70", "none", ""], mask=["mask.png", "", ""],
    )  # fmt: skip


def test_boxes_and_masks_go_along(slices: SliceTable, tmp_path: Path) -> None:
    report = harmonise_table(slices, out=tmp_path / "out")
    rows, paths = report.table.rows, report.table.paths()
    for number in range(3):
        before = read_slice(slices.paths()[number]).grey
        assert (read_slice(paths[number]).grey == harmonise(before).pixels).all()
    assert rows["boxes"].tolist()[1:] == ["none", ""]
    (box,) = parse_boxes(rows["boxes"][0])
    mask = read_slice(tmp_path / "out" / rows["mask"][0]).grey > 0
    marked = np.argwhere(mask)
    seen = (*marked.min(axis=0), *(marked.max(axis=0) + 1))
    assert np.abs(np.subtract(box, seen)).max() <= 1
    grey = read_slice(paths[0]).grey
    assert grey[mask].mean() > 1.5 * grey[:, SIDE // 2 :][~mask[:, SIDE // 2 :]].min() + 40
    same_columns = ["slice_id", "label", "group", "source", "split", "stage"]
    assert rows[same_columns].equals(slices.rows[same_columns])


def test_annotations_stay_where_nothing_is_cleaned(slices: SliceTable, tmp_path: Path) -> None:
    report = harmonise_table(slices, out=tmp_path / "out", clean=False)
    before = read_slice(slices.paths()[0]).grey
    expected = harmonise(before, steps=[step for step in STEPS if step != "clean"]).pixels
    assert (read_slice(report.table.paths()[0]).grey == expected).all()


def test_what_is_not_ok_is_named(slices: SliceTable, tmp_path: Path) -> None:
    report = harmonise_table(slices, out=tmp_path / "out")
    codes = report.table.rows["lungs"].tolist()
    assert codes[1] == "ok"
    assert codes[2] in ("no lung", "not a chest")
    assert report.summary["lungs"]["ok"] == 2
    table = read_csv(tmp_path / "out" / "harmonised.csv")
    assert table["lungs"].tolist() == codes
    assert table[["rows", "columns"]].to_numpy().tolist()[0] == ["200", "200"]
    page = report.sheets[0].read_text(encoding="utf-8")
    assert page.index(codes[2]) < page.index("ok</span>")


def test_folder_is_replaced_only_by_force_and_never_that_of_the_slices(
    slices: SliceTable, tmp_path: Path
) -> None:
    harmonise_table(slices, out=tmp_path / "out")
    with pytest.raises(UsageError, match="--force"):
        harmonise_table(slices, out=tmp_path / "out")
    harmonise_table(slices, out=tmp_path / "out", force=True)
    with pytest.raises(UsageError):
        harmonise_table(slices, out=slices.folder, force=True)


def test_box_beyond_its_slice_and_mask_of_another_shape_are_refused_by_row(
    slices: SliceTable, tmp_path: Path
) -> None:
    slices.rows.loc[1, "boxes"] = "0 0 300 10"
    with pytest.raises(TableError, match=r"row 3, column boxes.*beyond the slice"):
        harmonise_table(slices, out=tmp_path / "out")
    slices.rows.loc[1, ["boxes", "mask"]] = ["", "2.png"]
    with pytest.raises(ReadError, match=r"row 3, column mask: a mask has the shape"):
        harmonise_table(slices, out=tmp_path / "out")
    assert not (tmp_path / "out").exists()
