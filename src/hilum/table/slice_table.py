"""The slice table as a value: rows, the folder of their files, and the numbers of their rows."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from hilum.errors import HilumError, ReadError, UsageError
from hilum.html_table import slice_counts_html
from hilum.readers import SliceImage, Window, cell_window, read_slice
from hilum.storage.path_text import path_of_text, text_of_path
from hilum.table.csv_file import read_csv, row_numbers, write_csv
from hilum.table.schema import SPLITS, check_rows

__all__ = [
    "SliceTable",
    "as_table",
    "read_row",
    "read_table",
    "refuse_own_slices",
    "refuse_slice_as_output",
    "relative_to",
    "write_table",
]

_FIRST_ROW = 2
"""The row number of the first slice: the header is row 1."""

_MOST_ID = 40
"""A longer slice_id is left out of messages."""


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
        harmonised: whether networks see the slices harmonised (`hilum.prepare.harmonise`): no
            column but a setting of the recipe that they are used with.
    """

    rows: pd.DataFrame
    folder: Path
    name: str = "slices.csv"
    lines: npt.NDArray[np.int64] = field(
        default_factory=lambda: np.empty(0, dtype=np.int64), compare=False, repr=False
    )
    harmonised: bool = False

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
        return cell_window(str(self.rows["window"].iloc[row]))

    def frame(self, row: int) -> int | None:
        """Return the 0-based frame of a slice in a multi-frame file; None where it has none.

        Args:
            row: 0-based in this table.
        """
        cell = str(self.rows["frame"].iloc[row]) if "frame" in self.rows.columns else ""
        return int(cell) if cell else None

    def paths(self) -> list[Path]:
        """Return the path of each slice's file, in the table's order."""
        return [self.folder / path_of_text(text) for text in self.rows["path"]]

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
    path = table.folder / path_of_text(table.rows["path"].iloc[row])
    try:
        return read_slice(path, window=table.window(row), frame=table.frame(row))
    except HilumError as error:
        raise ReadError(f"{table.cell_name(row, 'path', with_slice=True)}: {error}") from error


def refuse_own_slices(table: SliceTable, folder: Path) -> None:
    """Raise UsageError at a folder that holds the slices: replacing it would remove them."""
    inside = folder.resolve()
    if any(path.resolve().is_relative_to(inside) for path in {p.parent for p in table.paths()}):
        raise UsageError(f"{folder} holds slices of {table.name}; choose another folder.")


def refuse_slice_as_output(table: SliceTable, out: Path) -> None:
    """Raise UsageError where a file to write is one of the table's slices or masks."""
    if not out.exists():
        return
    texts = [*table.rows["path"], *(text for text in table.rows["mask"] if text)]
    for path in (table.folder / path_of_text(text) for text in texts):
        if path.name == out.name and path.exists() and path.samefile(out):
            raise UsageError(f"{out} is a slice of {table.name}; choose another name.")


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
    rows = read_csv(path)
    lines = row_numbers(path, len(rows))
    name = text_of_path(path.name)
    return SliceTable(check_rows(rows, name=name, lines=lines), path.parent, name, lines)


def write_table(table: SliceTable, path: Path) -> None:
    """Check `table` and write it to `path` as CSV, atomically.

    The columns `path` and `mask` are written relative to the folder of `path`, so that the
    written table still finds its slices.

    Args:
        table: the table to write.
        path: the CSV file; one that exists is replaced.

    Raises:
        TableError: a rule is broken; nothing is written.
        UsageError: `path` is one of the slices, or the slices are on another drive than `path`.
        StorageError: the disk refused.
    """
    refuse_slice_as_output(table, path)
    rows = check_rows(table.rows, name=path.name).copy()
    old_folder, new_folder = table.folder.resolve(), path.resolve().parent
    if old_folder != new_folder:
        for column in ("path", "mask"):
            rows[column] = _rebased(rows[column], old_folder, new_folder)
    write_csv(rows, path)


def relative_to(folder: Path, path: Path | str) -> str:
    """Return the text of `path` relative to `folder` (both absolute): see storage.path_text.

    Args:
        folder: a folder.
        path: a path, or the text of one.

    Raises:
        UsageError: they are on different drives (Windows).
    """
    try:
        raw = path_of_text(path) if isinstance(path, str) else path
        return text_of_path(os.path.relpath(raw, folder))
    except ValueError:
        raise UsageError(
            "the slices lie on another drive than the table; put the table on the same drive."
        ) from None


def _rebased(paths: pd.Series, old_folder: Path, new_folder: Path) -> pd.Series:
    """Return `paths` (relative to `old_folder`) relative to `new_folder`."""
    folders = {text.rpartition("/")[0] for text in paths.unique()}
    new_parents = {
        f: relative_to(new_folder, (old_folder / path_of_text(f)).resolve()) for f in folders
    }

    def rebase(text: str) -> str:
        folder, _, name = text.rpartition("/")
        parent = new_parents[folder]
        return (name if parent == "." else f"{parent}/{name}") if text else ""

    return paths.map(rebase)
