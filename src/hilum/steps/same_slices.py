"""Whether two runs go together: the same classes, the same slices, split in the same way."""

from __future__ import annotations

import filecmp
from pathlib import Path

import pandas as pd

from hilum.errors import UsageError
from hilum.run import Run
from hilum.run.network import NetworkFacts
from hilum.table import SliceTable

__all__ = ["refuse_unlike"]

TRAINED_ON = ", so that a test slice of one may have trained the other"

MUST_AGREE = {"split": TRAINED_ON, "label": "", "group": "", "window": ""}
"""Column that must be the same for every slice -> what is added where it isn't."""

Candidate = tuple[Run, NetworkFacts, SliceTable]


def refuse_unlike(first: Candidate, other: Candidate, *, to: str = "averaged") -> None:
    """Raise UsageError, naming both runs and the difference, unless they may be averaged.

    Two runs may where they tell the same classes apart in the same order, call the same class
    positive, and have the same slices, each with the same label, group, split, window and
    picture, whatever the order of the rows. `to` says what else they are to be.
    """
    difference = _of_facts(first[1], other[1]) or _of_tables(first[2], other[2])
    if difference:
        raise UsageError(f"{first[0].folder} and {other[0].folder} can't be {to}: {difference}.")


def _of_facts(first: NetworkFacts, other: NetworkFacts) -> str:
    """Return how the classes differ, or nothing."""
    if first.class_names != other.class_names:
        return (
            f"the classes of one are {', '.join(first.class_names)}, of the other "
            f"{', '.join(other.class_names)}"
        )
    if first.positive != other.positive:
        return f"the positive class of one is {first.positive}, of the other {other.positive}"
    return ""


def _of_tables(first: SliceTable, other: SliceTable) -> str:
    """Return how the slices differ, or nothing."""
    rows = [_by_id(table) for table in (first, other)]
    lacking = len(rows[0].index.difference(rows[1].index))
    more = len(rows[1].index.difference(rows[0].index))
    if lacking or more:
        return (
            f"they are of different slices ({lacking} only in the first, {more} only in the "
            f"second){TRAINED_ON}"
        )
    rows[1] = rows[1].loc[rows[0].index]
    for column, told in MUST_AGREE.items():
        count = int((rows[0][column] != rows[1][column]).sum())
        if count:
            return f"the column {column} differs in {count} of {len(first)} slices{told}"
    count = sum(map(_other_picture, rows[0]["file"], rows[1]["file"]))
    pictures = f"the pictures differ in {count} of {len(first)} slices of the same slice_id"
    return pictures if count else ""


def _by_id(table: SliceTable) -> pd.DataFrame:
    """Return the rows by slice_id, with where each slice's file lies."""
    return table.rows.assign(file=pd.Series(table.paths(), dtype=object)).set_index("slice_id")


def _other_picture(first: Path, other: Path) -> bool:
    """Whether two files of one slice_id differ; a file that is gone is taken for the same."""
    if first == other or not (first.is_file() and other.is_file()):
        return False
    return not first.samefile(other) and not filecmp.cmp(first, other, shallow=False)
