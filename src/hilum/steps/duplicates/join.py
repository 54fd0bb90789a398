"""Tables joined into one whose groups hold whole clusters of near-duplicates."""

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
"""The column of a joined table that keeps the group that a slice had."""


def check_joinable(rows: pd.DataFrame) -> None:
    """Refuse a slice_id or path that two rows have, naming the tables."""
    for column in ("slice_id", "path"):
        again = rows[column].duplicated(keep=False)
        if again.any():
            first, second, *_ = rows[again & (rows[column] == rows[column][again].iloc[0])]["table"]
            raise UsageError(
                f"{first} and {second} have the {column} {rows[column][again].iloc[0]!r} both; "
                "a joined table needs each once, so leave one of them out."
            )


def join_groups(rows: pd.DataFrame, clusters: npt.NDArray[np.int64], out: Path) -> list[str]:
    """Write all rows as one table with joined groups; return what to say about it."""
    folder = out.resolve().parent
    joined = merge_groups(rows["group"].tolist(), clusters)
    before, after = rows["group"].nunique(), len(set(joined))
    kept = rows.drop(columns="table")
    kept[BEFORE] = kept.get(BEFORE, kept["group"])
    kept["group"] = joined
    for column in ("path", "mask"):
        kept[column] = [relative_to(folder, path) if path else "" for path in kept[column]]
    notes = [f"{out.name}: of {before} groups {after} were made."]
    dealt = kept[kept["split"] != ""]
    if (dealt.groupby("group")["split"].nunique() > 1).any():
        kept["split"] = ""
        notes.append(
            f"{out.name}: a group lay in several splits, so `split` was emptied; run `hilum split`."
        )
    write_table(SliceTable(kept, folder, out.name), out)
    return notes
