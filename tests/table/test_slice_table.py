"""Slice tables: read, written and moved, and their rows named as in a spreadsheet."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hilum.errors import TableError, UsageError
from hilum.storage.path_text import text_of_path
from hilum.table import (
    SliceTable,
    as_table,
    check_rows,
    read_table,
    relative_to,
    write_table,
)

MakeTable = Callable[..., SliceTable]


def csv(folder: Path, text: str | bytes, name: str = "slices.csv") -> Path:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def test_a_table_is_text_in_a_known_order_of_columns(tmp_path: Path) -> None:
    path = csv(tmp_path, "age,slice_id,source,group,label,path\n63,NA,s,007,cancer,a/1.png\n")
    table = read_table(path)
    assert list(table.rows.columns) == [
        "slice_id", "path", "label", "group", "source", "split", "boxes", "mask", "window", "age",
    ]  # fmt: skip
    assert table.rows.iloc[0].tolist() == [
        "NA", "a/1.png", "cancer", "007", "s", "", "", "", "", "63",
    ]  # fmt: skip
    assert (table.folder, table.name, len(table)) == (tmp_path, "slices.csv", 1)
    assert table.paths() == [tmp_path / "a/1.png"]


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        read_table(tmp_path / "none.csv")
    assert str(caught.value) == (
        f"there is no table {tmp_path / 'none.csv'}; give the path of a CSV file."
    )


def test_bytes_that_are_not_utf8_in_a_file_name_round_trip(tmp_path: Path) -> None:
    name = os.fsdecode(b"latin\xe9.png")
    (tmp_path / name).write_bytes(b"x")
    path = tmp_path / "slices.csv"
    path.write_text(f"slice_id,path,label,group,source\na,{text_of_path(name)},x,g,s\n")
    table = read_table(path)
    assert table.rows["path"].tolist() == [r"latin\xe9.png"]
    assert table.paths() == [tmp_path / name]
    write_table(table, tmp_path / "sub" / "moved.csv")
    (moved,) = read_table(tmp_path / "sub" / "moved.csv").paths()
    assert moved.resolve() == tmp_path / name
    with pytest.raises(TableError, match="must be relative to the table's folder, with forward sl"):
        check_rows(table.rows.assign(path=r"folder\x2.png"), name="slices.csv")


def test_parts_and_labels_keep_the_order(make_table: MakeTable) -> None:
    table = make_table(4, split=["test", "train", "", "test"])
    assert table.part("test").rows["slice_id"].tolist() == ["slice-0", "slice-3"]
    assert table.part("test").rows.index.tolist() == [0, 1]
    assert len(table.part("validation")) == 0
    assert table.labels == ["cancer", "pneumonia"]


def test_a_cells_place_is_that_of_the_table_that_was_read(make_table: MakeTable) -> None:
    table = make_table(6, split=["", "train", "", "train", "train", "test"])
    assert table.cell_name(0, "path") == "slices.csv, row 2, column path"
    train = table.part("train")
    assert train.lines.tolist() == [3, 5, 6]
    assert train.cell_name(2, "label") == "slices.csv, row 6, column label"
    assert train.where(train.rows["label"] == "cancer").cell_name(1, "label") == (
        "slices.csv, row 5, column label"
    )
    assert len(table.part("validation").lines) == 0


def test_row_numbers_fit_the_rows(make_table: MakeTable) -> None:
    with pytest.raises(ValueError, match="3 rows with 2 row numbers"):
        SliceTable(make_table(3).rows, Path(), lines=np.array([2, 3]))


def test_a_table_or_its_path_will_do(make_table: MakeTable, tmp_path: Path) -> None:
    table = make_table(2, folder=tmp_path)
    assert as_table(table) is table
    write_table(table, tmp_path / "t.csv")
    assert as_table(str(tmp_path / "t.csv")).rows.equals(table.rows)


cells = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8)
names = cells.filter(lambda text: text == text.strip() != "")
paths = st.text("abcü 0.-_/", min_size=1, max_size=9).filter(
    lambda p: p == p.strip() and not p.startswith("/")
)


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(names, names, names, paths, cells),
        min_size=1,
        max_size=6,
        unique_by=(lambda row: row[0], lambda row: row[3]),
    )
)
def test_a_written_table_is_read_back_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, drawn: list[tuple[str, str, str, str, str]]
) -> None:
    rows = pd.DataFrame(drawn, columns=["slice_id", "label", "group", "path", "note"], dtype=str)
    folder = tmp_path_factory.getbasetemp()
    table = SliceTable(check_rows(rows.assign(source="s"), name="t.csv"), folder)
    write_table(table, folder / "t.csv")
    back = read_table(folder / "t.csv")
    pd.testing.assert_frame_equal(back.rows, table.rows, check_dtype=False)


def test_the_same_table_is_written_as_the_same_bytes(make_table: MakeTable, tmp_path: Path) -> None:
    write_table(make_table(1, folder=tmp_path), tmp_path / "t.csv")
    assert (tmp_path / "t.csv").read_bytes() == (
        b"slice_id,path,label,group,source,split,boxes,mask,window\n"
        b"slice-0,0.png,pneumonia,group-0,site,,,,\n"
    )


def test_a_table_written_elsewhere_still_finds_its_slices(
    make_table: MakeTable, tmp_path: Path
) -> None:
    here = tmp_path / "data"
    table = make_table(
        3, folder=here, path=["1.png", "a/2.png", "../3.png"], mask=["", "m/2.png", ""]
    )
    write_table(table, tmp_path / "runs" / "one" / "slices.csv")
    moved = read_table(tmp_path / "runs" / "one" / "slices.csv")
    assert moved.rows["path"].tolist() == [
        "../../data/1.png", "../../data/a/2.png", "../../3.png",
    ]  # fmt: skip
    assert moved.rows["mask"].tolist() == ["", "../../data/m/2.png", ""]
    assert [os.path.normpath(p) for p in moved.paths()] == [
        os.path.normpath(p) for p in table.paths()
    ]
    write_table(moved, here / "back.csv")
    assert read_table(here / "back.csv").rows["path"].tolist() == table.rows["path"].tolist()
    write_table(table, tmp_path / "slices.csv")
    assert read_table(tmp_path / "slices.csv").rows["path"].tolist() == [
        "data/1.png", "data/a/2.png", "3.png",
    ]  # fmt: skip


def no_way(*_: Any) -> str:
    raise ValueError("path is on mount 'D:', start on mount 'C:'")


OTHER_DRIVE = "the slices lie on another drive than the table; put the table on the same drive."


def test_slices_on_another_drive_are_refused(
    make_table: MakeTable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert relative_to(tmp_path / "a", tmp_path / "b" / "c") == "../b/c"
    monkeypatch.setattr(os.path, "relpath", no_way)
    with pytest.raises(UsageError) as caught:
        write_table(make_table(2, folder=tmp_path / "data"), tmp_path / "t.csv")
    assert str(caught.value) == OTHER_DRIVE
    assert list(tmp_path.iterdir()) == []


def test_a_broken_table_is_not_written(make_table: MakeTable, tmp_path: Path) -> None:
    rows = make_table(2).rows.assign(split="tset")
    with pytest.raises(TableError, match=r"^t\.csv, row 2, column split: .* got 'tset'\.$"):
        write_table(SliceTable(rows, tmp_path), tmp_path / "t.csv")
    assert list(tmp_path.iterdir()) == []


def test_a_hundred_thousand_rows_take_seconds(make_table: MakeTable, tmp_path: Path) -> None:
    """A tenth of a million: ten times this is what a million rows take."""
    count = 100_000
    table = make_table(
        count,
        folder=tmp_path,
        group=[f"g{n // 20}" for n in range(count)],
        boxes=[f"{n % 100} 5 {n % 100 + 9} 80" for n in range(count)],
    )
    began = time.perf_counter()
    write_table(table, tmp_path / "other" / "t.csv")
    back = read_table(tmp_path / "other" / "t.csv")
    assert time.perf_counter() - began < 5
    assert back.rows["path"].iloc[-1] == f"../{count - 1}.png"


@pytest.mark.parametrize("column", ["path", "mask"])
def test_a_table_is_never_written_over_a_slice_or_mask(
    column: str, make_table: Callable[..., SliceTable], tmp_path: Path
) -> None:
    table = make_table(2, folder=tmp_path, **{column: ["a.csv", "b.csv"]})
    (tmp_path / "a.csv").write_bytes(b"pixels")
    with pytest.raises(UsageError, match=r"a\.csv is a slice of slices\.csv; choose another name"):
        write_table(table, tmp_path / "a.csv")
    assert (tmp_path / "a.csv").read_bytes() == b"pixels"
    write_table(table, tmp_path / "b.csv")  # which does not exist


def test_a_table_may_replace_itself(make_table: Callable[..., SliceTable], tmp_path: Path) -> None:
    table = make_table(2, folder=tmp_path)
    for _ in range(2):
        write_table(table, tmp_path / "slices.csv")
