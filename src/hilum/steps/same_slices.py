"""Comparison of the slice tables of two runs: the same slices, split in the same way?

Two runs may be compared in pairs if their slices have the same labels, groups and splits. To be
averaged they must also have the same windows and pictures, so that each network predicts the same
input.
"""

from __future__ import annotations

import filecmp
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from hilum.errors import UsageError
from hilum.run import Run
from hilum.run.network import NetworkFacts
from hilum.table import SliceTable

__all__ = ["TableDifference", "check_same_slices", "first_difference"]

TRAINED_ON = ", so that a test slice of one may have trained the other"

MUST_AGREE = {"split": TRAINED_ON, "label": "", "group": "", "window": ""}
"""Column that must be equal for every slice -> ending of the message if it isn't."""

Candidate = tuple[Run, NetworkFacts, SliceTable]


class TableDifference(NamedTuple):
    """The first difference between two tables.

    Attributes:
        column: the column that differs; empty if the slices themselves differ.
        differing: slices that differ in the column.
        only_first, only_second: slices that the other table lacks.
    """

    column: str = ""
    differing: int = 0
    only_first: int = 0
    only_second: int = 0


def first_difference(
    first: pd.DataFrame, second: pd.DataFrame, columns: Iterable[str]
) -> TableDifference | None:
    """Return the first difference between two tables by slice_id, whatever the order of rows.

    Args:
        first, second: text cells, the slice_id as index; a missing column counts as empty.
        columns: compared one after the other, if the slices are the same.
    """
    only_first = len(first.index.difference(second.index))
    only_second = len(second.index.difference(first.index))
    if only_first or only_second:
        return TableDifference(only_first=only_first, only_second=only_second)
    second = second.loc[first.index]
    for column in columns:
        cells = [
            rows[column].to_numpy() if column in rows.columns else [""] * len(rows)
            for rows in (first, second)
        ]
        count = sum(one != other for one, other in zip(*cells, strict=True))
        if count:
            return TableDifference(column, count)
    return None


def check_same_slices(first: Candidate, other: Candidate, *, to: str = "averaged") -> None:
    """Raise UsageError with both runs and the difference unless they may be averaged.

    Two runs may if they have the same classes in the same order, the same positive class, and the
    same slices, each with the same label, group, split, window and picture, whatever the order of
    the rows. `to` is the purpose, for the message.
    """
    difference = _class_difference(first[1], other[1]) or _slice_difference(first[2], other[2])
    if difference:
        raise UsageError(f"{first[0].folder} and {other[0].folder} can't be {to}: {difference}.")


def _class_difference(first: NetworkFacts, other: NetworkFacts) -> str:
    """Return how the classes differ, or empty text."""
    if first.class_names != other.class_names:
        return (
            f"the classes of one are {', '.join(first.class_names)}, of the other "
            f"{', '.join(other.class_names)}"
        )
    if first.positive != other.positive:
        return f"the positive class of one is {first.positive}, of the other {other.positive}"
    return ""


def _slice_difference(first: SliceTable, other: SliceTable) -> str:
    """Return how the slices differ, or empty text."""
    rows = [_by_id(table) for table in (first, other)]
    found = first_difference(rows[0], rows[1], MUST_AGREE)
    if found and not found.column:
        return (
            f"they are of different slices ({found.only_first} only in the first, "
            f"{found.only_second} only in the second){TRAINED_ON}"
        )
    if found:
        return (
            f"the column {found.column} differs in {found.differing} of {len(first)} slices"
            f"{MUST_AGREE[found.column]}"
        )
    files = rows[1]["file"].loc[rows[0].index]
    count = sum(map(_other_picture, rows[0]["file"], files))
    pictures = f"the pictures differ in {count} of {len(first)} slices of the same slice_id"
    return pictures if count else ""


def _by_id(table: SliceTable) -> pd.DataFrame:
    """Return the rows indexed by slice_id, with the path of each slice's file."""
    return table.rows.assign(file=pd.Series(table.paths(), dtype=object)).set_index("slice_id")


def _other_picture(first: Path, other: Path) -> bool:
    """Whether two files of one slice_id differ; a missing file counts as equal."""
    if first == other or not (first.is_file() and other.is_file()):
        return False
    return not first.samefile(other) and not filecmp.cmp(first, other, shallow=False)
