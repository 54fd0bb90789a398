"""One slice of a table harmonised, with what belongs to it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from drawn_chest import chest
from PIL import Image

from hilum.errors import ReadError
from hilum.prepare.harmonise import harmonise
from hilum.readers import read_slice
from hilum.steps.harmonise.one_slice import harmonise_row
from hilum.table import SliceTable

MakeTable = Callable[..., SliceTable]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A chest, and folders to write to."""
    Image.fromarray(chest()).save(tmp_path / "0.png")
    for name in ("images", "masks"):
        (tmp_path / "out" / name).mkdir(parents=True)
    return tmp_path


def test_row_says_what_is_shown(folder: Path, make_table: MakeTable) -> None:
    row = harmonise_row(make_table(1, folder=folder, path=["0.png"]), 0, folder / "out")
    done = harmonise(chest())
    assert (read_slice(folder / "out" / row.path).grey == done.pixels).all()
    shown = done.placement
    assert row.placement == (
        (200, 200), shown.turns, (shown.top, shown.left, shown.bottom, shown.right),
    )  # fmt: skip
    assert (row.lungs, row.boxes, row.mask) == (done.code, "", "")


def test_box_outside_of_what_is_shown_is_not_known_any_more(
    folder: Path, make_table: MakeTable
) -> None:
    table = make_table(1, folder=folder, path=["0.png"], boxes=["0 0 4 4"])
    assert harmonise_row(table, 0, folder / "out").boxes == ""


def test_broken_file_is_named_by_row(folder: Path, make_table: MakeTable) -> None:
    (folder / "0.png").write_bytes(b"\x89PNG\r\n\x1a\nbroken")
    with pytest.raises(ReadError, match="row 2, column path"):
        harmonise_row(make_table(1, folder=folder, path=["0.png"]), 0, folder / "out")


def test_slice_that_its_file_turns_must_have_no_box(folder: Path, make_table: MakeTable) -> None:
    picture = Image.fromarray(np.asarray(chest()))
    exif = picture.getexif()
    exif[0x0112] = 6
    picture.save(folder / "0.jpg", exif=exif)
    table = make_table(1, folder=folder, path=["0.jpg"], boxes=["10 10 20 20"])
    with pytest.raises(ReadError, match="turns this slice"):
        harmonise_row(table, 0, folder / "out")
