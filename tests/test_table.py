"""The slice table: its rules, and what is written comes back."""

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

from hilum.errors import StorageError, TableError, UsageError
from hilum.storage.path_text import text_of_path
from hilum.table import (
    SliceTable,
    as_table,
    check_rows,
    read_csv,
    read_table,
    relative_to,
    write_csv,
    write_table,
)

MakeTable = Callable[..., SliceTable]
HEADER = "slice_id,path,label,group,source"


def csv(folder: Path, text: str | bytes, name: str = "slices.csv") -> Path:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def refusal(path: Path) -> str:
    with pytest.raises(TableError) as caught:
        read_table(path)
    return str(caught.value)


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


def test_a_byte_order_mark_and_windows_line_ends_are_read(tmp_path: Path) -> None:
    text = f"{HEADER}\r\n1,1.png,cancer,g,s\r\n".encode()
    assert read_table(csv(tmp_path, b"\xef\xbb\xbf" + text)).rows["slice_id"].tolist() == ["1"]


def test_a_quoted_cell_may_hold_commas_and_lines(tmp_path: Path) -> None:
    table = read_table(csv(tmp_path, f'{HEADER},note\n1,1.png,cancer,g,s,"a, b\nc"\n'))
    assert table.rows["note"].tolist() == ["a, b\nc"]


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        read_table(tmp_path / "none.csv")
    assert str(caught.value) == (
        f"there is no table {tmp_path / 'none.csv'}; give the path of a CSV file."
    )


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (b"", "slices.csv: the table is empty; the first row must name the columns."),
        (
            f"{HEADER},boxes,boxes\n1,1.png,a,g,s,,\n".encode(),
            "slices.csv: column 'boxes' occurs more than once in the header.",
        ),
        (
            f"{HEADER}\n1,1.png,Lungenentz\xfcndung,g,s\n".encode("latin-1"),
            "slices.csv: a table must be UTF-8 text, and this file is not.",
        ),
        (f"{HEADER}\n".encode(), "slices.csv: the table has a header but no rows."),
        (
            b"slice_id,path,label,source\n1,1.png,a,s\n",
            "slices.csv: column 'group' is missing; a slice table needs slice_id, path, label, "
            "group, source; got slice_id, path, label, source.",
        ),
    ],
)
def test_what_is_no_table_is_refused(tmp_path: Path, text: bytes, sentence: str) -> None:
    assert refusal(csv(tmp_path, text)) == sentence


def test_a_row_with_too_many_cells_is_refused(tmp_path: Path) -> None:
    message = refusal(csv(tmp_path, f"{HEADER}\n1,1.png,a,g,s\n2,2.png,a,g,s,more\n"))
    assert message.startswith("slices.csv: not a CSV table: ")
    assert "line 3" in message


@pytest.mark.parametrize("second", ["2,2.png,a,g,s,", "2,2.png,a,g,s"])
def test_rows_that_end_in_a_comma_too_many_are_refused(tmp_path: Path, second: str) -> None:
    assert refusal(csv(tmp_path, f"{HEADER}\n1,1.png,a,g,s,\n{second}\n")) == (
        "slices.csv: the rows have more cells than the header has names; take the last comma away."
    )


@pytest.mark.parametrize("first", ["1,1.png,a,g,s,", '1,1.png,a,g,s,"x, y"'])
def test_a_row_with_too_few_cells_is_named(tmp_path: Path, first: str) -> None:
    assert refusal(csv(tmp_path, f"{HEADER},note\n{first}\n\n2,2.png,a,g,s\n")) == (
        "slices.csv, row 4: every row needs 6 cells, as many as the header has names; got 5."
    )


def test_empty_lines_and_quoted_commas_are_no_short_rows(tmp_path: Path) -> None:
    rows = read_csv(csv(tmp_path, 'a,b\n\n1,"x, y"\n\n2,\n\n'))
    assert rows.to_numpy().tolist() == [["1", "x, y"], ["2", ""]]
    assert read_csv(csv(tmp_path, "a,b\n1,x\n\n2,\n\n")).to_numpy().tolist() == [
        ["1", "x"], ["2", ""],
    ]  # fmt: skip


def test_latin_1_far_down_is_refused_too(tmp_path: Path) -> None:
    rows = "".join(f"{n},{n}.png,a,g,s\n" for n in range(5000))
    text = f"{HEADER}\n{rows}x,x.png,\xfc,g,s\n".encode("latin-1")
    assert refusal(csv(tmp_path, text)).endswith("must be UTF-8 text, and this file is not.")


FILLED = "must not be empty or begin or end with a space"
RELATIVE = "must be relative to the table's folder, with forward slashes"
WINDOW = "must be width/center in HU, such as 1400/-700, or empty"
BOXES = "must be 'row_min col_min row_max col_max' in pixels, joined by ';', or 'none', or empty"


@pytest.mark.parametrize(
    ("column", "value", "rule"),
    [
        ("slice_id", "", FILLED),
        ("path", "", FILLED),
        ("label", " cancer", FILLED),
        ("group", "", FILLED),
        ("source", "site ", FILLED),
        ("path", "/data/1.png", RELATIVE),
        ("path", "C:/data/1.png", RELATIVE),
        ("path", "data\\1.png", RELATIVE),
        ("mask", "/data/1.png", RELATIVE),
        ("split", "training", "must be train, validation, test or empty"),
        ("window", "1400", WINDOW),
        ("window", "lung", WINDOW),
        ("window", "-1400/700", WINDOW),
        ("window", "0/40", WINDOW),
        ("window", "0.0/40", WINDOW),
        ("boxes", "1 2 3", BOXES),
        ("boxes", "1 2 3 4;", BOXES),
        ("boxes", "None", BOXES),
    ],
)
def test_each_rule_names_row_and_column(
    make_table: MakeTable, column: str, value: str, rule: str
) -> None:
    rows = make_table(4).rows.copy()
    rows.loc[[2, 3], column] = value
    with pytest.raises(TableError) as caught:
        check_rows(rows, name="slices.csv")
    assert str(caught.value) == f"slices.csv, row 4, column {column}: {rule}; got {value!r}."


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("window", "1400/-700"), ("window", "350.5/40.25"), ("window", "0.5/0"), ("boxes", "none"),
        ("boxes", "0 0 1 1;2 2 5 9"), ("split", "validation"), ("mask", "masks/1.png"),
        ("source", "Ward 3, site B"), ("label", "small cell"),
    ],
)  # fmt: skip
def test_what_the_rules_allow_passes(make_table: MakeTable, column: str, value: str) -> None:
    assert make_table(2, **{column: value}).rows[column].tolist() == [value, value]


def test_a_path_may_lead_up_and_hold_spaces(make_table: MakeTable) -> None:
    assert make_table(1, path="../elsewhere/a b.png").rows["path"].tolist() == [
        "../elsewhere/a b.png"
    ]


def test_a_path_that_occurs_twice_is_named_with_both_rows(make_table: MakeTable) -> None:
    paths = [f"{n}.png" for n in (0, 1, 2, 3, 4, 1, 0)]
    with pytest.raises(TableError) as caught:
        make_table(7, path=paths)
    assert str(caught.value) == (
        "slices.csv, row 7, column path: must be unique; got '1.png', which stands in row 3 too."
    )


def test_blank_lines_do_not_shift_the_row_that_a_message_names(tmp_path: Path) -> None:
    header = "slice_id,path,label,group,source"
    lines = [header, "", "a,a.png,x,g,s", "", "   ", 'b,b.png,"x', 'y",g,s', "c,c.png,,g,s", ""]
    path = tmp_path / "slices.csv"
    path.write_text("\n".join(lines))
    with pytest.raises(
        TableError, match=r"^slices\.csv, row 7, column label: must not be empty or"
    ):
        read_table(path)
    path.write_text("\n".join([*lines[:-2], "c,c.png,x,g,s"]))
    table = read_table(path)
    assert table.lines.tolist() == [3, 6, 7]
    assert table.cell_name(2, "path") == "slices.csv, row 7, column path"
    path.write_text("\r\n".join([header, "a,a.png,x,g,s", "b,b.png,x,g,s", "", "c,c.png,x,g,s"]))
    assert read_table(path).lines.tolist() == [2, 3, 5]
    path.write_text("\n".join([header, "a,a.png,x,g,s", "b,b.png,x,g,s", "c,c.png,x,g,s"]))
    assert read_table(path).lines.tolist() == [2, 3, 4]


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


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        ("=1+1", "'=1+1"), ("@SUM(A1)", "'@SUM(A1)"), ("+x", "'+x"), ("-2+3", "'-2+3"),
        ("\tx", "'\tx"), ("\rx", "'\rx"), ("-0.5", "-0.5"), ("+1e-3", "+1e-3"), ("-", "-"),
        ("a=1", "a=1"), ("", ""),
    ],
)  # fmt: skip
def test_what_a_spreadsheet_would_run_is_escaped_on_request(
    tmp_path: Path, cell: str, written: str
) -> None:
    rows = pd.DataFrame({"cell": [cell], "number": [-1.5]})
    write_csv(rows, tmp_path / "a.csv", escape=True)
    assert read_csv(tmp_path / "a.csv").to_numpy().tolist() == [[written, "-1.5"]]
    write_csv(rows, tmp_path / "b.csv")
    assert read_csv(tmp_path / "b.csv").to_numpy().tolist() == [[cell, "-1.5"]]


def test_frames_of_one_file_are_rows_of_one_path(make_table: MakeTable) -> None:
    assert len(make_table(3, path="scan.dcm", frame=["0", "1", "10"])) == 3
    with pytest.raises(TableError, match=r"row 4, column path: must be unique; got 'scan.dcm', wh"):
        make_table(3, path="scan.dcm", frame=["0", "1", "0"])
    with pytest.raises(TableError, match="column frame: must be the 0-based number of a frame, or"):
        make_table(1, frame="-1")


def test_a_slice_id_that_occurs_twice_is_named_with_both_rows(make_table: MakeTable) -> None:
    with pytest.raises(TableError) as caught:
        make_table(4, slice_id=["a", "b", "c", "b"])
    assert str(caught.value) == (
        "slices.csv, row 5, column slice_id: must be unique; got 'b', which stands in row 3 too."
    )


def test_a_box_that_ends_before_it_begins_is_named_with_its_row(make_table: MakeTable) -> None:
    with pytest.raises(TableError) as caught:
        make_table(3, boxes=["none", "", "1 1 5 5;9 9 8 10"])
    assert str(caught.value) == (
        "slices.csv, row 4, column boxes: a box must end after it begins, got '9 9 8 10'."
    )


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


@pytest.mark.parametrize("note", ["a\rb", "\r", "a\r\nb", 'a\r"b"', "\n"])
def test_a_carriage_return_in_a_cell_comes_back(
    make_table: MakeTable, tmp_path: Path, note: str
) -> None:
    table = make_table(3, folder=tmp_path, note=["x", note, ""])
    write_table(table, tmp_path / "t.csv")
    assert read_table(tmp_path / "t.csv").rows["note"].tolist() == ["x", note, ""]


def test_a_broken_table_is_not_written(make_table: MakeTable, tmp_path: Path) -> None:
    rows = make_table(2).rows.assign(split="tset")
    with pytest.raises(TableError, match=r"^t\.csv, row 2, column split: .* got 'tset'\.$"):
        write_table(SliceTable(rows, tmp_path), tmp_path / "t.csv")
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_is_no_folder_is_a_storage_error(
    make_table: MakeTable, tmp_path: Path
) -> None:
    (tmp_path / "a").write_text("x")
    with pytest.raises(StorageError, match="can't be written"):
        write_csv(make_table(1).rows, tmp_path / "a" / "t.csv")


def test_a_csv_keeps_every_cell_as_text(tmp_path: Path) -> None:
    rows = read_csv(csv(tmp_path, "a,b\n1.0,\nnull,NaN\n"))
    assert rows.to_numpy().tolist() == [["1.0", ""], ["null", "NaN"]]


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
