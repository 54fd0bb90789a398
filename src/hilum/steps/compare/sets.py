"""Which runs may be compared pair by pair: those of the same slices, split in the same way."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import pandas as pd

from hilum.steps.compare.runs import ComparedRun

__all__ = ["comparable_sets", "refusal"]

MUST_AGREE = {"label": "other labels", "group": "other groups", "split": "another split"}
"""Column of slices.csv that must be the same for every slice -> what it is where it isn't."""


def comparable_sets(runs: Sequence[ComparedRun]) -> list[list[int]]:
    """Return the places of the runs, those together that may be compared pair by pair."""
    sets: list[list[int]] = []
    for place, one in enumerate(runs):
        for members in sets:
            if not _difference(runs[members[0]], one):
                members.append(place)
                break
        else:
            sets.append([place])
    return sets


def refusal(runs: Sequence[ComparedRun], sets: Sequence[Sequence[int]]) -> dict[str, Any]:
    """Return what is said where not all runs may be compared pair by pair.

    Returns:
        `sentence`, empty where all may; and `reasons`: for each two sets their first `runs` and
        how they differ (`difference`).
    """
    if len(sets) == 1:
        return {"sentence": "", "reasons": []}
    reasons = []
    for one, other in combinations(sets, 2):
        first, second = runs[one[0]], runs[other[0]]
        told = {"runs": [first.name, second.name], "difference": _difference(first, second)}
        reasons.append(told)
    lists = "; ".join(", ".join(runs[place].name for place in one) for one in sets)
    return {
        "sentence": (
            f"These runs were made on different tables or splits, in {len(sets)} sets ({lists}): "
            f"figures of different sets are not comparable, pairwise differences between them are "
            f"refused, and no network is marked as best. "
            + " ".join(_told(reason) for reason in reasons)
        ),
        "reasons": reasons,
    }


def _told(reason: dict[str, Any]) -> str:
    first, second = reason["runs"]
    return f"{first} and {second}: {reason['difference']}."


def _difference(first: ComparedRun, second: ComparedRun) -> str:
    """Return how two runs' classes, slices or splits differ; nothing where they don't."""
    if set(first.class_names) != set(second.class_names):
        return f"other classes ({', '.join(first.class_names)}; {', '.join(second.class_names)})"
    if first.positive != second.positive:
        return f"another positive class ({first.positive}; {second.positive})"
    tables = [one.table.set_index("slice_id") for one in (first, second)]
    return _of_tables(tables[0], tables[1]) or _of_tests(first.test, second.test)


def _of_tables(first: pd.DataFrame, second: pd.DataFrame) -> str:
    """Return how two slices.csv differ, rows in any order."""
    only = [len(first.index.difference(second.index)), len(second.index.difference(first.index))]
    if any(only):
        return f"other slices ({only[0]} only in the first, {only[1]} only in the second)"
    return _of_columns(first, second.loc[first.index], MUST_AGREE)


def _of_tests(first: pd.DataFrame, second: pd.DataFrame) -> str:
    """Return how the predicted test slices differ; `fold` is of a cross-validation."""
    if set(first.index) != set(second.index):
        return "another split (other slices were tested)"
    told = {"label": "other labels", "group": "other groups", "fold": "other folds"}
    return _of_columns(first, second.loc[first.index], told)


def _of_columns(first: pd.DataFrame, second: pd.DataFrame, columns: dict[str, str]) -> str:
    """Return what differs in the first column that does; a column that one lacks is empty there."""
    for column, told in columns.items():
        cells = [
            rows[column].to_numpy() if column in rows.columns else [""] * len(rows)
            for rows in (first, second)
        ]
        count = sum(one != other for one, other in zip(*cells, strict=True))
        if count:
            return f"the same slices, but {told} ({count} of {len(first)} differ)"
    return ""
