"""The parts that metrics are shown by: columns of a table, and what its slices tell besides."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from hilum.boxes import parse_boxes
from hilum.errors import TableError
from hilum.readers.file_facts import read_file_facts
from hilum.scores import MOST_PARTS, bands
from hilum.table import SliceTable

__all__ = ["LESION_SIZE", "SLICE_THICKNESS", "Texts", "part_columns"]

Texts = np.ndarray[Any, Any]

LESION_SIZE, SLICE_THICKNESS = "lesion-size", "slice-thickness"
"""Columns that are computed: the longer side of the largest box in pixels of the file; the Slice
Thickness of DICOM files in mm."""


def part_columns(table: SliceTable, by: Iterable[str]) -> Mapping[str, Texts]:
    """Return column -> the part (n,) that each slice is in, see `hilum.scores.bands`.

    Args:
        table: n slices.
        by: columns of the table, `LESION_SIZE` or `SLICE_THICKNESS`.

    Raises:
        TableError: there is no such column, nothing is known in it, or it has too many values to
            be parts.
        ReadError: Slice Thickness was wanted, and a file can't be read.
    """
    return {column: _parts(table, column) for column in by}


def _parts(table: SliceTable, column: str) -> Texts:
    """Return the part of each slice by one column."""
    cells = _cells(table, column)
    if not any(cells):
        raise TableError(
            f"{table.name}: --by needs a column with at least one value; every cell of {column!r} "
            f"is empty. Choose another column."
        )
    parts = bands(cells)
    if len(set(parts)) > MOST_PARTS:
        raise TableError(
            f"{table.name}: --by needs a column of at most {MOST_PARTS} different values, or of "
            f"numbers; {column!r} has {len(set(parts))}, so it names cases, not parts. "
            f"Choose another column."
        )
    return parts


def _cells(table: SliceTable, column: str) -> Texts:
    """Return the text of a column of the table, or what is computed in its place."""
    if column in table.rows.columns:
        return table.rows[column].to_numpy(dtype=object)
    if column == LESION_SIZE:
        return np.array([_lesion_size(cell) for cell in table.rows["boxes"]], dtype=object)
    if column == SLICE_THICKNESS:
        return np.array([_thickness(path) for path in table.paths()], dtype=object)
    raise TableError(
        f"{table.name}: --by needs a column of the table ({', '.join(table.rows.columns)}), "
        f"{LESION_SIZE} or {SLICE_THICKNESS}; got {column!r}."
    )


def _lesion_size(boxes: str) -> str:
    """Return the longer side of the largest box, "" where none is known."""
    sides = [max(b.row_max - b.row_min, b.col_max - b.col_min) for b in parse_boxes(boxes)]
    return f"{max(sides):g}" if sides else ""


def _thickness(path: Any) -> str:
    """Return the Slice Thickness of a file in mm, "" where it has none."""
    thickness = read_file_facts(path).slice_thickness
    return "" if thickness is None else f"{thickness:g}"
