"""The slices of a figure of maps: those that are requested, or chosen by a rule."""

from __future__ import annotations

import string
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from hilum.boxes import Box, parse_boxes
from hilum.catalogue.suggest import nearest
from hilum.errors import UsageError
from hilum.table import SliceTable, read_row

__all__ = ["Shown", "choose_slices"]

STAGES = ("stage_t", "stage_n", "stage_m")
"""Columns of a table with the stage of a cancer, where the source has it."""


@dataclass(frozen=True)
class Shown:
    """The slices of a figure.

    Attributes:
        table: a row each, in the figure's order.
        full_table: the table they are from.
        grey: of each (rows, columns) uint8.
        boxes: of each, in its pixels.
        letters: a, b, c, ...
        headings: of each its letter, label, and stage where known.
    """

    table: SliceTable
    full_table: SliceTable
    grey: list[npt.NDArray[np.uint8]]
    boxes: list[list[Box]]
    letters: list[str]
    headings: list[str]

    @property
    def slice_ids(self) -> list[str]:
        """In the figure's order."""
        return [str(one) for one in self.table.rows["slice_id"]]


def choose_slices(table: SliceTable, slice_ids: Sequence[str], *, label: str, count: int) -> Shown:
    """Return the slices called `slice_ids`, or without any, `count` that a rule chooses.

    The rule ignores all networks: of the test slices of class `label` with boxes, the one with the
    largest total box area in each group; of these the largest. Ties are broken by slice_id.

    Raises:
        UsageError: there is no such slice, or none that fits the rule.
        ReadError: a slice can't be read.
    """
    rows = table.rows
    known = rows["slice_id"].tolist()
    for one in slice_ids:
        if one not in known:
            raise UsageError(f"{table.name} has no slice {one!r}.{nearest(one, known)}")
    chosen = list(dict.fromkeys(slice_ids)) or _largest(table, label, count)
    positions = rows.set_index("slice_id").index.get_indexer(pd.Index(chosen))
    part = SliceTable(rows.iloc[positions].reset_index(drop=True), table.folder, table.name,
                      table.lines[positions], table.harmonised)  # fmt: skip
    grey = [read_row(part, row).grey for row in range(len(part))]
    boxes = [parse_boxes(text) for text in part.rows["boxes"]]
    letters = [string.ascii_lowercase[n % 26] for n in range(len(part))]
    return Shown(part, table, grey, boxes, letters, _headings(part, letters))


def _largest(table: SliceTable, label: str, count: int) -> list[str]:
    """Return the ids that the rule of `choose_slices` gives."""
    rows = table.part("test").rows
    rows = rows[rows["label"] == label]
    area = rows["boxes"].map(
        lambda text: sum((b.row_max - b.row_min) * (b.col_max - b.col_min)
                         for b in parse_boxes(text))
    )  # fmt: skip
    ranked = rows.assign(area=area)[area > 0].sort_values(
        ["area", "slice_id"], ascending=[False, True]
    )
    if ranked.empty:
        raise UsageError(
            f"{table.name} has no test slice of {label} with a box; say which slices to show "
            f"(--slice ID)."
        )
    return [str(one) for one in ranked.drop_duplicates("group")["slice_id"][:count]]


def _headings(part: SliceTable, letters: list[str]) -> list[str]:
    """Return the letter, the label and the stage of each slice."""
    headings = []
    for letter, row in zip(letters, part.rows.to_dict("records"), strict=True):
        stage = " ".join(_stage(key, str(row.get(key, ""))) for key in STAGES if row.get(key))
        headings.append(f"{letter}  {row['label']}" + (f"\n{stage}" if stage else ""))
    return headings


def _stage(column: str, text: str) -> str:
    """Return a stage with its letter: `2a` of stage_t is T2a."""
    letter = column[-1].upper()
    return text if text.upper().startswith(letter) else f"{letter}{text}"
