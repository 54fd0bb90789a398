"""Which runs may be compared pair by pair: those of the same slices, split in the same way."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import pandas as pd

from hilum.steps.compare.runs import ComparedRun
from hilum.steps.same_slices import TableDifference, first_difference

__all__ = ["comparable_sets", "refusal"]

MUST_AGREE = {"label": "other labels", "group": "other groups", "split": "another split"}
"""Column of slices.csv that must be the same for every slice -> what it is where it isn't."""
TESTED_ALIKE = {"label": "other labels", "group": "other groups", "fold": "other folds"}
"""The same of the test rows of predictions.csv."""


def comparable_sets(runs: Sequence[ComparedRun]) -> list[list[int]]:
    """Return the indices of the runs, grouped by which may be compared pair by pair."""
    sets: list[list[int]] = []
    for index, run in enumerate(runs):
        for members in sets:
            if not _difference(runs[members[0]], run):
                members.append(index)
                break
        else:
            sets.append([index])
    return sets


def refusal(runs: Sequence[ComparedRun], sets: Sequence[Sequence[int]]) -> dict[str, Any]:
    """Return the sentence and the reasons where not all runs may be compared pair by pair.

    Returns:
        `sentence`, empty where all may; and `reasons`: for each two sets their first `runs` and
        how they differ (`difference`).
    """
    if len(sets) == 1:
        return {"sentence": "", "reasons": []}
    reasons = []
    for left, right in combinations(sets, 2):
        first, second = runs[left[0]], runs[right[0]]
        reason = {
            "runs": [first.name, second.name],
            "difference": _difference(first, second),
        }
        reasons.append(reason)
    lists = "; ".join(", ".join(runs[index].name for index in indices) for indices in sets)
    return {
        "sentence": (
            f"These runs were made on different tables or splits, in {len(sets)} sets ({lists}): "
            f"metrics of different sets are not comparable, so there are no paired differences "
            f"between them, and no network is marked as best. "
            + " ".join(_reason_text(reason) for reason in reasons)
        ),
        "reasons": reasons,
    }


def _reason_text(reason: dict[str, Any]) -> str:
    first, second = reason["runs"]
    return f"{first} and {second}: {reason['difference']}."


def _difference(first: ComparedRun, second: ComparedRun) -> str:
    """Return how two runs' classes, slices or splits differ; nothing where they don't."""
    if set(first.class_names) != set(second.class_names):
        return f"other classes ({', '.join(first.class_names)}; {', '.join(second.class_names)})"
    if first.positive != second.positive:
        return f"another positive class ({first.positive}; {second.positive})"
    tables = [run.table.set_index("slice_id") for run in (first, second)]
    return _table_difference(tables[0], tables[1]) or _test_difference(first.test, second.test)


def _table_difference(first: pd.DataFrame, second: pd.DataFrame) -> str:
    """Return how two slices.csv differ, rows in any order."""
    found = first_difference(first, second, MUST_AGREE)
    if found and not found.column:
        return (
            f"other slices ({found.only_first} only in the first, {found.only_second} only in the "
            f"second)"
        )
    return _column_difference(found, MUST_AGREE, of=len(first))


def _test_difference(first: pd.DataFrame, second: pd.DataFrame) -> str:
    """Return how the predicted test slices differ; `fold` is of a cross-validation."""
    found = first_difference(first, second, TESTED_ALIKE)
    if found and not found.column:
        return "another split (other slices were tested)"
    return _column_difference(found, TESTED_ALIKE, of=len(first))


def _column_difference(found: TableDifference | None, words: dict[str, str], *, of: int) -> str:
    """Return what differs in a column, or nothing."""
    if found is None:
        return ""
    return f"the same slices, but {words[found.column]} ({found.differing} of {of} differ)"
