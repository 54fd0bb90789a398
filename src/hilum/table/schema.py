"""The schema of the slice table: its columns and the rules of their cells."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pandas as pd

from hilum.boxes import BOXES_PATTERN, parse_boxes
from hilum.errors import TableError
from hilum.storage.path_text import ESCAPES

__all__ = ["NORMAL", "OPTIONAL_COLUMNS", "REQUIRED_COLUMNS", "SPLITS", "check_rows"]

REQUIRED_COLUMNS = ("slice_id", "path", "label", "group", "source")
OPTIONAL_COLUMNS = ("split", "boxes", "mask", "window")
NORMAL = "normal"
"""Label of slices without disease in the tables of `hilum data build`."""
SPLITS = ("train", "validation", "test")

_WINDOW_PATTERN = r"(?:(?=[\d.]*[1-9])\d+(?:\.\d+)?/-?\d+(?:\.\d+)?)?"
"""The look-ahead refuses a width of 0."""

_NO_PATH = rf"/|[A-Za-z]:|.*\\(?!{ESCAPES[2:]})"
"""Starts with a slash or a drive, or has a backslash that is no escape (see storage.path_text)."""

Lines = npt.NDArray[np.int64]


def check_rows(rows: pd.DataFrame, *, name: str, lines: Lines | None = None) -> pd.DataFrame:
    """Return `rows` with all columns of the schema, or raise TableError at the first broken rule.

    Args:
        rows: a frame of text.
        name: its name in messages.
        lines: (rows,) int64, the number of each row in messages; counted from 2 by default.
    """
    if lines is None:
        lines = np.arange(2, len(rows) + 2, dtype=np.int64)
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
        _check_column(rows[column], rule, holds, name, lines)
    if "frame" in rows.columns:
        _check_column(rows["frame"], *_FRAME_RULE, name, lines)
    _check_unique(rows["slice_id"], name, lines)
    _check_unique(rows["path"], name, lines, frames=rows.get("frame"))
    _check_boxes(rows["boxes"], name, lines)
    first = [*REQUIRED_COLUMNS, *OPTIONAL_COLUMNS]
    return rows[[*first, *(column for column in rows.columns if column not in first)]]


Rule = Callable[["pd.Series[str]"], "pd.Series[bool]"]


def _filled(values: pd.Series[str]) -> pd.Series[bool]:
    return (values != "") & (values == values.str.strip())


def _relative_path(values: pd.Series[str]) -> pd.Series[bool]:
    return ~values.str.match(_NO_PATH)


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


_FRAME_RULE: tuple[str, Rule] = (
    "must be the 0-based number of a frame, or empty",
    lambda values: values.str.fullmatch(r"\d*"),
)


def _check_column(values: pd.Series[str], rule: str, holds: Rule, name: str, lines: Lines) -> None:
    """Raise TableError at the first row that breaks `rule`; each distinct value is tested once."""
    distinct = pd.Series(values.unique(), dtype=str)
    broken = set(distinct[~holds(distinct).astype(bool)])
    if broken:
        row = int(values.isin(broken).to_numpy().argmax())
        raise TableError(
            f"{name}, row {lines[row]}, column {values.name}: {rule}; got {values.iloc[row]!r}."
        )


def _check_unique(
    values: pd.Series[str], name: str, lines: Lines, *, frames: pd.Series[str] | None = None
) -> None:
    """Raise TableError where a value occurs twice, or twice with one frame."""
    keys = values if frames is None else values + "\0" + frames
    repeated = keys.duplicated().to_numpy()
    if repeated.any():
        row = int(repeated.argmax())
        first = int((keys == keys.iloc[row]).to_numpy().argmax())
        raise TableError(
            f"{name}, row {lines[row]}, column {values.name}: must be unique; "
            f"got {values.iloc[row]!r}, which stands in row {lines[first]} too."
        )


def _check_boxes(boxes: pd.Series[str], name: str, lines: Lines) -> None:
    """Raise TableError where a box ends before it begins."""
    for text in boxes.unique():
        try:
            parse_boxes(text)
        except TableError as error:
            row = int((boxes == text).to_numpy().argmax())
            raise TableError(f"{name}, row {lines[row]}, column boxes: {error}.") from None
