"""What another table shares with the slices that a run was trained on: groups, files, pictures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from hilum.duplicates import find_alike, read_prints
from hilum.progress import Progress
from hilum.table import SliceTable

__all__ = ["Overlap", "find_overlap"]

NAMES = ("group", "patient_id")
"""Columns of which an equal value in both tables means a patient that training saw, unless each
table counts its own patients."""
UNIQUE_IDS = ("study_instance_uid", "series_instance_uid", "sop_instance_uid")
"""Columns that are unique worldwide."""


@dataclass(frozen=True)
class Overlap:
    """What a table shares with training slices.

    Attributes:
        identifiers: column -> values that both have, sorted.
        shared: (n,) bool of the table's slices: its patient, file or picture was trained on.
        near_duplicates: number of the table's slices that nearly equal a training slice.
        left_out: slices that were shared and are no longer in the table.
    """

    identifiers: dict[str, list[str]]
    shared: np.ndarray[Any, np.dtype[np.bool_]]
    near_duplicates: int
    left_out: int = 0

    @property
    def any(self) -> bool:
        """Whether anything is shared."""
        return bool(self.shared.any())

    @property
    def sentence(self) -> str:
        """What is shared, in plain words and numbers; names of patients are not shown."""
        if self.left_out:
            return (
                f"{self.left_out} slices that are shared with training were left out; of the "
                f"other {len(self.shared)} none is."
            )
        if not self.any:
            return "No group, file or near-duplicate is shared with the training slices."
        shared = [
            f"{len(values)} {column}{'s' if len(values) != 1 else ''}"
            for column, values in self.identifiers.items()
        ]
        if self.near_duplicates:
            verb = "equals" if self.near_duplicates == 1 else "equal"
            noun = "slice" if self.near_duplicates == 1 else "slices"
            shared.append(f"{self.near_duplicates} {noun} that nearly {verb} a training slice")
        return (
            f"{int(self.shared.sum())} of {len(self.shared)} slices are shared with training: "
            f"{'; '.join(shared)}."
        )

    def dropped(self) -> Overlap:
        """Return the overlap of the table without its shared slices: none."""
        left_out = int(self.shared.sum())
        shared = np.zeros(len(self.shared) - left_out, dtype=bool)
        return Overlap({}, shared, 0, left_out)

    def as_json(self) -> dict[str, Any]:
        """Return the overlap as metrics.json holds it."""
        return {
            "slices": int(self.shared.sum()),
            "identifiers": {column: len(values) for column, values in self.identifiers.items()},
            "near_duplicates": self.near_duplicates,
            "left_out": self.left_out,
            "sentence": self.sentence,
        }


def find_overlap(
    trained: SliceTable, table: SliceTable, *, names_differ: bool = False, progress: Progress
) -> Overlap:
    """Return what `table` shares with the slices of the splits train and validation of `trained`.

    Equal values of an identifier column, equal files and near-duplicate pictures all count.

    Args:
        trained: the table of a run.
        table: the one to evaluate on.
        names_differ: equal groups and patient ids mean other patients, and do not count.
        progress: receives the progress.

    Raises:
        ReadError: a slice of either table can't be read.
    """
    seen = trained.where(trained.rows["split"].isin(["train", "validation"]))
    shared = np.zeros(len(table), dtype=bool)
    identifiers: dict[str, list[str]] = {}
    for column in (*(() if names_differ else NAMES), *UNIQUE_IDS):
        if column in seen.rows.columns and column in table.rows.columns:
            common = (set(seen.rows[column]) & set(table.rows[column])) - {""}
            if common:
                identifiers[column] = sorted(common)
                shared |= table.rows[column].isin(common).to_numpy(dtype=bool)
    files = {path.resolve() for path in seen.paths()}
    shared |= np.array([path.resolve() in files for path in table.paths()], dtype=bool)
    alike = _near_duplicates(seen, table, progress)
    return Overlap(identifiers, shared | alike, int(alike.sum()))


def _near_duplicates(
    seen: SliceTable, table: SliceTable, progress: Progress
) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Return which slices of `table` are in one near-duplicate cluster with a training slice."""
    both = [seen, table]
    rows = [(part, row) for part in both for row in range(len(part))]

    def cell_name(number: int) -> str:
        part, row = rows[number]
        return part.cell_name(row, "path")

    prints = read_prints(
        [path for part in both for path in part.paths()],
        windows=[part.window(row) for part, row in rows],
        frames=[part.frame(row) for part, row in rows],
        cell_name=cell_name, progress=progress,
    )  # fmt: skip
    clusters = pd.Series(find_alike(prints, first=len(seen), progress=progress).clusters)
    return clusters[len(seen) :].isin(set(clusters[: len(seen)])).to_numpy(dtype=bool)
