"""The slice table: one row per slice; its columns and rules, reading and writing.

Rows are counted as a spreadsheet counts them: the header is row 1.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from hilum.boxes import BOXES_PATTERN, parse_boxes
from hilum.errors import HilumError, ReadError, TableError, UsageError
from hilum.html_table import slice_counts_html
from hilum.readers import LUNG, SliceImage, Window, parse_window, read_slice
from hilum.storage.atomic import new_file

__all__ = [
    "OPTIONAL_COLUMNS",
    "REQUIRED_COLUMNS",
    "SPLITS",
    "SliceTable",
    "as_table",
    "check_rows",
    "read_csv",
    "read_row",
    "read_table",
    "refuse_own_slices",
    "relative_to",
    "write_csv",
    "write_table",
]

REQUIRED_COLUMNS = ("slice_id", "path", "label", "group", "source")
OPTIONAL_COLUMNS = ("split", "boxes", "mask", "window")
SPLITS = ("train", "validation", "test")

_WINDOW_PATTERN = r"(?:(?=[\d.]*[1-9])\d+(?:\.\d+)?/-?\d+(?:\.\d+)?)?"
"""The look-ahead refuses a width of 0."""

_FIRST_ROW = 2
"""The row number of the first slice: the header is row 1."""

_MOST_ID = 40
"""A longer slice_id is left out of messages."""

_CHUNK = 1 << 20
"""Bytes of a file read at a time, to bound memory."""


@dataclass(frozen=True)
class SliceTable:
    """A checked slice table.

    Attributes:
        rows: one row per slice; every column is text (str), empty where unknown. The columns of
            REQUIRED_COLUMNS and OPTIONAL_COLUMNS come first; others follow unchanged.
        folder: the folder that the columns `path` and `mask` are relative to.
        name: the table's name in messages, usually its file name.
        lines: (slices,) int64, the row number of each slice in the table as read, preserved when
            rows are left out; counted from 2 where not given.
    """

    rows: pd.DataFrame
    folder: Path
    name: str = "slices.csv"
    lines: npt.NDArray[np.int64] = field(
        default_factory=lambda: np.empty(0, dtype=np.int64), compare=False, repr=False
    )

    def __post_init__(self) -> None:
        if not len(self.lines):
            counted = np.arange(_FIRST_ROW, _FIRST_ROW + len(self.rows), dtype=np.int64)
            object.__setattr__(self, "lines", counted)
        if len(self.lines) != len(self.rows):
            raise ValueError(f"{len(self.rows)} rows with {len(self.lines)} row numbers")

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def labels(self) -> list[str]:
        """The class names that occur, sorted."""
        return sorted(self.rows["label"].unique())

    def _repr_html_(self) -> str:
        """Return the number of slices and groups by label and split, for a notebook."""
        return slice_counts_html(self.name, self.rows, SPLITS)

    def where(self, keep: pd.Series) -> SliceTable:
        """Return the table of the rows for which the boolean `keep` is true."""
        rows = self.rows[keep].reset_index(drop=True)
        return replace(self, rows=rows, lines=self.lines[np.asarray(keep, dtype=bool)])

    def part(self, split: str) -> SliceTable:
        """Return the table of one split, in the table's order."""
        return self.where(self.rows["split"] == split)

    def window(self, row: int) -> Window:
        """Return the window that a slice in Hounsfield units is shown through; LUNG if unsaid.

        Args:
            row: 0-based in this table.
        """
        cell = str(self.rows["window"].iloc[row])
        return parse_window(cell) if cell else LUNG

    def paths(self) -> list[Path]:
        """Return the path of each slice's file, in the table's order."""
        return [self.folder / path for path in self.rows["path"]]

    def cell_name(self, row: int, column: str, *, with_slice: bool = False) -> str:
        """Return the name of a cell for messages: "slices.csv, row 19, column path".

        Args:
            row: 0-based in this table; the message gives the row in the table that was read.
            column: the column's name.
            with_slice: add the slice_id, where it is short.
        """
        name = f"{self.name}, row {self.lines[row]}, column {column}"
        slice_id = str(self.rows["slice_id"].iloc[row])
        return (
            f"{name}, slice_id {slice_id!r}" if with_slice and len(slice_id) <= _MOST_ID else name
        )


def as_table(table: SliceTable | Path | str) -> SliceTable:
    """Return `table` itself, or the table read from a path."""
    return table if isinstance(table, SliceTable) else read_table(Path(table))


def read_row(table: SliceTable, row: int) -> SliceImage:
    """Read the slice of one row, shown through the row's window.

    Raises:
        ReadError: it can't be read; the message names table, row and file.
    """
    try:
        return read_slice(table.folder / table.rows["path"].iloc[row], window=table.window(row))
    except HilumError as error:
        raise ReadError(f"{table.cell_name(row, 'path', with_slice=True)}: {error}") from error


def refuse_own_slices(table: SliceTable, folder: Path) -> None:
    """Raise UsageError at a folder that holds the slices: replacing it would remove them."""
    inside = folder.resolve()
    if any(path.resolve().is_relative_to(inside) for path in {p.parent for p in table.paths()}):
        raise UsageError(f"{folder} holds slices of {table.name}; choose another folder.")


def read_table(path: Path | str) -> SliceTable:
    """Read and check a slice table.

    Args:
        path: a CSV file (UTF-8, comma, header row) with at least REQUIRED_COLUMNS.

    Returns:
        the table; missing optional columns are added, empty.

    Raises:
        UsageError: there is no such file.
        TableError: the first broken rule; the message names file, row and column.
    """
    path = Path(path)
    return SliceTable(check_rows(read_csv(path), name=path.name), path.parent, path.name)


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


def _chunks(path: Path) -> Iterator[bytes]:
    """Yield the bytes of a file in chunks."""
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            yield chunk


def write_table(table: SliceTable, path: Path) -> None:
    """Check `table` and write it to `path` as CSV, atomically.

    The columns `path` and `mask` are written relative to the folder of `path`, so that the
    written table still finds its slices.

    Raises:
        TableError: a rule is broken; nothing is written.
        UsageError: the slices are on another drive than `path`.
        StorageError: the disk refused.
    """
    rows = check_rows(table.rows, name=path.name).copy()
    old_folder, new_folder = table.folder.resolve(), path.resolve().parent
    if old_folder != new_folder:
        for column in ("path", "mask"):
            rows[column] = _rebased(rows[column], old_folder, new_folder)
    write_csv(rows, path)


def write_csv(rows: pd.DataFrame, path: Path) -> None:
    """Write `rows` as CSV (UTF-8, comma, line feed), atomically.

    Cells are quoted where necessary, and all of them where one holds a carriage return.
    """
    with new_file(path) as draft:
        rows.to_csv(draft, index=False, lineterminator="\n")
        if any(b"\r" in chunk for chunk in _chunks(draft)):  # unquoted, it would end its row
            rows.to_csv(draft, index=False, lineterminator="\n", quoting=csv.QUOTE_ALL)


def relative_to(folder: Path, path: Path | str) -> str:
    """Return `path` relative to `folder` (both absolute), with forward slashes.

    Raises:
        UsageError: they are on different drives (Windows).
    """
    try:
        return Path(os.path.relpath(path, folder)).as_posix()
    except ValueError:
        raise UsageError(
            "the slices lie on another drive than the table; put the table on the same drive."
        ) from None


def _rebased(paths: pd.Series, old_folder: Path, new_folder: Path) -> pd.Series:
    """Return `paths` (relative to `old_folder`) relative to `new_folder`."""
    folders = {text.rpartition("/")[0] for text in paths.unique()}
    new_parents = {f: relative_to(new_folder, (old_folder / f).resolve()) for f in folders}

    def rebase(text: str) -> str:
        folder, _, name = text.rpartition("/")
        parent = new_parents[folder]
        return (name if parent == "." else f"{parent}/{name}") if text else ""

    return paths.map(rebase)


def check_rows(rows: pd.DataFrame, *, name: str) -> pd.DataFrame:
    """Return `rows` with all columns of the schema, or raise TableError at the first broken rule.

    Args:
        rows: a frame of text.
        name: its name in messages.
    """
    for column in REQUIRED_COLUMNS:
        if column not in rows.columns:
            raise TableError(
                f"{name}: column {column!r} is missing; a slice table needs "
                f"{', '.join(REQUIRED_COLUMNS)}; got {', '.join(map(str, rows.columns))}."
            )
    if rows.empty:
        raise TableError(f"{name}: the table has a header but no rows.")
    rows = rows.assign(**{c: "" for c in OPTIONAL_COLUMNS if c not in rows.columns})
    for column, rule, holds in _RULES:
        _check_column(rows[column], rule, holds, name)
    for column in ("slice_id", "path"):
        _check_unique(rows[column], name)
    _check_boxes(rows["boxes"], name)
    first = [*REQUIRED_COLUMNS, *OPTIONAL_COLUMNS]
    return rows[[*first, *(column for column in rows.columns if column not in first)]]


Rule = Callable[["pd.Series[str]"], "pd.Series[bool]"]


def _filled(values: pd.Series[str]) -> pd.Series[bool]:
    return (values != "") & (values == values.str.strip())


def _relative_path(values: pd.Series[str]) -> pd.Series[bool]:
    return ~(values.str.contains(r"\\", regex=True) | values.str.match(r"/|[A-Za-z]:"))


_RULES: tuple[tuple[str, str, Rule], ...] = (
    *((c, "must not be empty or begin or end with a space", _filled) for c in REQUIRED_COLUMNS),
    ("path", "must be relative to the table's folder, with forward slashes", _relative_path),
    ("mask", "must be relative to the table's folder, with forward slashes", _relative_path),
    (
        "split",
        "must be train, validation, test or empty",
        lambda values: values.isin([*SPLITS, ""]),
    ),
    (
        "window",
        "must be width/center in HU, such as 1400/-700, or empty",
        lambda values: values.str.fullmatch(_WINDOW_PATTERN),
    ),
    (
        "boxes",
        "must be 'row_min col_min row_max col_max' in pixels, joined by ';', or 'none', or empty",
        lambda values: values.str.fullmatch(BOXES_PATTERN),
    ),
)


def _check_column(values: pd.Series[str], rule: str, holds: Rule, name: str) -> None:
    """Raise TableError at the first row that breaks `rule`; each distinct value is tested once."""
    distinct = pd.Series(values.unique(), dtype=str)
    broken = set(distinct[~holds(distinct).astype(bool)])
    if broken:
        row = int(values.isin(broken).to_numpy().argmax())
        raise TableError(
            f"{name}, row {row + _FIRST_ROW}, column {values.name}: {rule}; "
            f"got {values.iloc[row]!r}."
        )


def _check_unique(values: pd.Series[str], name: str) -> None:
    """Raise TableError where a value occurs twice."""
    repeated = values.duplicated().to_numpy()
    if repeated.any():
        row = int(repeated.argmax())
        first = int((values == values.iloc[row]).to_numpy().argmax())
        raise TableError(
            f"{name}, row {row + _FIRST_ROW}, column {values.name}: must be unique; "
            f"got {values.iloc[row]!r}, which stands in row {first + _FIRST_ROW} too."
        )


def _check_boxes(boxes: pd.Series[str], name: str) -> None:
    """Raise TableError where a box ends before it begins."""
    for text in boxes.unique():
        try:
            parse_boxes(text)
        except TableError as error:
            row = int((boxes == text).to_numpy().argmax())
            raise TableError(f"{name}, row {row + _FIRST_ROW}, column boxes: {error}.") from None
