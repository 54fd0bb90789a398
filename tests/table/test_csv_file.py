"""CSV files as text: every cell comes back, damage is named, formulas are escaped on request."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from hilum.errors import StorageError, TableError
from hilum.table import (
    SliceTable,
    read_csv,
    read_table,
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


def test_a_byte_order_mark_and_windows_line_ends_are_read(tmp_path: Path) -> None:
    text = f"{HEADER}\r\n1,1.png,cancer,g,s\r\n".encode()
    assert read_table(csv(tmp_path, b"\xef\xbb\xbf" + text)).rows["slice_id"].tolist() == ["1"]


def test_a_quoted_cell_may_hold_commas_and_lines(tmp_path: Path) -> None:
    table = read_table(csv(tmp_path, f'{HEADER},note\n1,1.png,cancer,g,s,"a, b\nc"\n'))
    assert table.rows["note"].tolist() == ["a, b\nc"]


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


@pytest.mark.parametrize("note", ["a\rb", "\r", "a\r\nb", 'a\r"b"', "\n"])
def test_a_carriage_return_in_a_cell_comes_back(
    make_table: MakeTable, tmp_path: Path, note: str
) -> None:
    table = make_table(3, folder=tmp_path, note=["x", note, ""])
    write_table(table, tmp_path / "t.csv")
    assert read_table(tmp_path / "t.csv").rows["note"].tolist() == ["x", note, ""]


def test_a_place_that_is_no_folder_is_a_storage_error(
    make_table: MakeTable, tmp_path: Path
) -> None:
    (tmp_path / "a").write_text("x")
    with pytest.raises(StorageError, match="can't be written"):
        write_csv(make_table(1).rows, tmp_path / "a" / "t.csv")


def test_a_csv_keeps_every_cell_as_text(tmp_path: Path) -> None:
    rows = read_csv(csv(tmp_path, "a,b\n1.0,\nnull,NaN\n"))
    assert rows.to_numpy().tolist() == [["1.0", ""], ["null", "NaN"]]
