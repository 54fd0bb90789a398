"""Joining tables into one in which no cluster of near-duplicates spans two groups."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from hilum.duplicates import merge_groups
from hilum.errors import UsageError
from hilum.table import SliceTable, relative_to, write_table

__all__ = ["check_joinable", "join_groups"]

BEFORE = "group_before"
"""Column of a joined table with the previous group of a slice."""


def check_joinable(rows: pd.DataFrame) -> None:
    """Refuse a slice_id or path that occurs twice, naming the tables."""
    for column in ("slice_id", "path"):
        repeated = rows[column].duplicated(keep=False)
        if repeated.any():
            first, second, *_ = rows[repeated & (rows[column] == rows[column][repeated].iloc[0])][
                "table"
            ]
            raise UsageError(
                f"{first} and {second} both have the {column} {rows[column][repeated].iloc[0]!r}; "
                "a joined table needs unique ones, so leave one of the two out."
            )


def join_groups(rows: pd.DataFrame, clusters: npt.NDArray[np.int64], out: Path) -> list[str]:
    """Write all rows as one table with merged groups; return notes about it."""
    folder = out.resolve().parent
    merged = merge_groups(rows["group"].tolist(), clusters)
    before, after = rows["group"].nunique(), len(set(merged))
    table = rows.drop(columns="table")
    table[BEFORE] = table.get(BEFORE, table["group"])
    table["group"] = merged
    for column in ("path", "mask"):
        table[column] = [relative_to(folder, path) if path else "" for path in table[column]]
    notes = [f"{out.name}: {before} groups were merged into {after}."]
    assigned = table[table["split"] != ""]
    if (assigned.groupby("group")["split"].nunique() > 1).any():
        table["split"] = ""
        notes.append(
            f"{out.name}: a merged group spans several splits, so the column `split` was "
            "emptied; run `hilum split`."
        )
    write_table(SliceTable(table, folder, out.name), out)
    return notes
