"""CSV files: every cell is text, and rows keep the numbers that a spreadsheet gives them."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from hilum.errors import TableError, UsageError
from hilum.storage.atomic import new_file

__all__ = ["escape_formula", "read_csv", "row_numbers", "write_csv"]

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")

_CHUNK = 1 << 20
"""Bytes of a file read at a time, to bound memory."""


def read_csv(path: Path) -> pd.DataFrame:
    """Read a CSV file with all cells as text; empty cells are empty text, never NaN.

    Raises:
        UsageError: there is no such file.
        TableError: the file is not UTF-8 text in CSV form, or a row has more or fewer cells than
            the header has names.
    """
    if not path.is_file():
        raise UsageError(f"there is no table {path}; give the path of a CSV file.")
    try:
        with path.open(encoding="utf-8-sig", newline="") as text:
            header = next(csv.reader(text), [])
        _check_header(header, path.name)
        rows = pd.read_csv(
            path, dtype=str, keep_default_na=False, na_filter=False, encoding="utf-8-sig"
        )
        _check_width(rows, path)
        return rows
    except UnicodeDecodeError:
        raise TableError(
            f"{path.name}: a table must be UTF-8 text, and this file is not."
        ) from None
    except (pd.errors.ParserError, pd.errors.EmptyDataError, csv.Error) as error:
        raise TableError(f"{path.name}: not a CSV table: {str(error).strip()}.") from None


def _check_header(header: Sequence[str], name: str) -> None:
    """Refuse a missing header, or one with a repeated name."""
    if not header:
        raise TableError(f"{name}: the table is empty; the first row must name the columns.")
    twice = {column for column in header if header.count(column) > 1}
    if twice:
        raise TableError(f"{name}: column {min(twice)!r} occurs more than once in the header.")


def _check_width(rows: pd.DataFrame, path: Path) -> None:
    """Refuse rows longer or shorter than the header, which pandas would shift or fill silently."""
    if not isinstance(rows.index, pd.RangeIndex):  # pandas turned the surplus cells into the index
        raise TableError(
            f"{path.name}: the rows have more cells than the header has names; take the last "
            f"comma away."
        )
    wide = len(rows.columns)
    commas = quotes = 0
    for chunk in _chunks(path):
        commas, quotes = commas + chunk.count(b","), quotes + chunk.count(b'"')
    if not quotes and commas == (len(rows) + 1) * (wide - 1):
        return  # as many separators as expected: no need to check each row
    with path.open(encoding="utf-8-sig", newline="") as text:
        for number, cells in enumerate(csv.reader(text), start=1):
            if len(cells) < wide and "".join(cells).strip():
                raise TableError(
                    f"{path.name}, row {number}: every row needs {wide} cells, as many as the "
                    f"header has names; got {len(cells)}."
                )


def escape_formula(cell: str) -> str:
    """Return a cell that no spreadsheet runs: `=1+1` becomes `'=1+1`; numbers stay as they are.

    A spreadsheet runs what begins with `=`, `+`, `-`, `@`, a tab or a carriage return (OWASP, CSV
    Injection), and takes an apostrophe for the sign of text.
    """
    if not cell.startswith(_FORMULA_STARTS) or len(cell) == 1:
        return cell
    try:
        float(cell)
    except ValueError:
        return f"'{cell}"
    return cell


def _chunks(path: Path) -> Iterator[bytes]:
    """Yield the bytes of a file in chunks."""
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            yield chunk


def row_numbers(path: Path, count: int) -> npt.NDArray[np.int64]:
    """Return the number of each row of a table, (count,) int64; the header is row 1.

    Blank lines are no rows of the table, but they count, as in a spreadsheet.

    Args:
        path: a table that `read_csv` has read.
        count: its rows.
    """
    lines, last = 0, b""
    for chunk in _chunks(path):
        lines, last = lines + chunk.count(b"\n"), chunk[-1:]
    if lines == count + (last == b"\n"):  # the header is the one more; nothing is blank
        return np.arange(2, count + 2, dtype=np.int64)
    with path.open(encoding="utf-8-sig", newline="") as text:
        numbers = [n for n, cells in enumerate(csv.reader(text), start=1) if "".join(cells).strip()]
    if len(numbers) != count + 1:  # rows whose cells are all empty are rows of the table too
        return np.arange(2, count + 2, dtype=np.int64)
    return np.array(numbers[1:], dtype=np.int64)


def write_csv(rows: pd.DataFrame, path: Path, *, escape: bool = False) -> None:
    """Write `rows` as CSV (UTF-8, comma, line feed), atomically.

    Cells are quoted where necessary, and all of them where one holds a carriage return.

    Args:
        rows: the table.
        path: the file.
        escape: write an apostrophe before cells that a spreadsheet would run as a formula (see
            `escape_formula`); for files that hilum does not read back.
    """
    if escape:
        rows = rows.map(lambda cell: escape_formula(cell) if isinstance(cell, str) else cell)
    with new_file(path) as draft:
        rows.to_csv(draft, index=False, lineterminator="\n", errors="backslashreplace")
        if any(b"\r" in chunk for chunk in _chunks(draft)):  # unquoted, it would end its row
            rows.to_csv(
                draft, index=False, lineterminator="\n", errors="backslashreplace",
                quoting=csv.QUOTE_ALL,
            )  # fmt: skip
