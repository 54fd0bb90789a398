"""Near-duplicates in slice tables: found, counted by what they cross, and joined into groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from hilum.atomic import refuse_existing
from hilum.duplicates import Duplicates, find_alike, merge_groups, read_prints
from hilum.errors import UsageError
from hilum.progress import SILENT, Progress
from hilum.readers import LUNG, parse_window
from hilum.table import SliceTable, as_table, relative_to, write_csv, write_table

__all__ = ["CROSSED", "DuplicateReport", "find_duplicates"]

CROSSED = ("group", "split", "source", "label")
"""The columns that near-duplicates may cross, and what is said of each."""

BEFORE = "group_before"
"""The column of a joined table that keeps the group that a slice had."""


@dataclass(frozen=True)
class DuplicateReport:
    """What was found in one or more tables.

    Attributes:
        pairs: one row a pair, those across splits first, then those across groups: see
            docs/reference/files.md, pairs.csv; paths absolute.
        clusters: (n,) int64, the cluster of each row of the tables, one after the other.
        summary: JSON content: numbers of slices, pairs, clusters, and what they cross.
        notes: sentences that a user should see.
    """

    pairs: pd.DataFrame
    clusters: npt.NDArray[np.int64]
    summary: Mapping[str, Any]
    notes: tuple[str, ...] = ()

    @property
    def crosses_splits(self) -> bool:
        """Whether one picture is in two splits: figures on test are then too good."""
        return bool(self.summary["across"]["split"]["clusters"])


@dataclass(frozen=True)
class _Rows:
    """The rows of all tables: paths absolute, the table's name in `table`."""

    rows: pd.DataFrame
    tables: Sequence[SliceTable] = field(repr=False)

    def place(self, number: int) -> str:
        """Return where a row stands, for messages."""
        for table in self.tables:
            if number < len(table):
                return table.place(number, "path")
            number -= len(table)
        raise IndexError(number)


def find_duplicates(
    tables: SliceTable | Path | str | Sequence[SliceTable | Path | str],
    *,
    out: Path | None = None,
    join: Path | None = None,
    force: bool = False,
    progress: Progress = SILENT,
) -> DuplicateReport:
    """Look for slices that are nearly one picture, within tables and between them.

    Args:
        tables: one or more slice tables; groups of one name in two of them are one group.
        out: where to write the pairs as CSV.
        join: where to write all rows as one table whose groups hold whole clusters, the former
            ones in the column `group_before`. If a group then lay in two splits, the column
            `split` is emptied.
        force: replace `out` and `join` where they exist.
        progress: told how far it is.

    Raises:
        UsageError: no such table; `out` or `join` exists; a slice_id or path is in two of the
            tables that are to be joined.
        TableError: a table breaks its schema.
        ReadError: a slice can't be read; the message names table, row and file.
        StorageError: the disk refused.
    """
    several = [tables] if isinstance(tables, SliceTable | Path | str) else list(tables)
    if not several:
        raise UsageError("near-duplicates are looked for in at least one table; got none.")
    for target in (out, join):
        if target is not None:
            refuse_existing(Path(target), force=force)
    together = _together([as_table(table) for table in several])
    if join is not None:
        _check_joinable(together.rows)
    prints = read_prints(
        [Path(path) for path in together.rows["path"]],
        windows=_windows(together.rows["window"]),
        place=together.place,
        progress=progress,
    )
    found = find_alike(prints, progress=progress)
    pairs = _pairs(together.rows, found)
    notes = _notes(found)
    if out is not None:
        write_csv(_relative(pairs, Path(out).resolve().parent), Path(out))
    if join is not None:
        notes += _join(together.rows, found.clusters, Path(join))
    return DuplicateReport(pairs, found.clusters, _summary(together, found, pairs), tuple(notes))


def _together(tables: Sequence[SliceTable]) -> _Rows:
    """Return all rows, one table after the other."""
    frames = []
    for table in tables:
        folder = table.folder.resolve().as_posix()
        rows = table.rows.copy()
        for column in ("path", "mask"):
            rows[column] = [f"{folder}/{text}" if text else "" for text in rows[column]]
        frames.append(rows.assign(table=table.name))
    return _Rows(pd.concat(frames, ignore_index=True).fillna(""), tables)


def _check_joinable(rows: pd.DataFrame) -> None:
    """Refuse a slice_id or path that two rows have, naming the tables."""
    for column in ("slice_id", "path"):
        again = rows[column].duplicated(keep=False)
        if again.any():
            first, second, *_ = rows[again & (rows[column] == rows[column][again].iloc[0])]["table"]
            raise UsageError(
                f"{first} and {second} have the {column} {rows[column][again].iloc[0]!r} both; "
                "a joined table needs each once, so leave one of them out."
            )


def _windows(cells: pd.Series) -> list[Any]:
    """Return the window of each cell, LUNG where it is empty."""
    window_of = cache(lambda cell: parse_window(cell) if cell else LUNG)
    return [window_of(cell) for cell in cells]


def _pairs(rows: pd.DataFrame, found: Duplicates) -> pd.DataFrame:
    """Return the pairs with what the tables say of both ends, the most harmful first."""
    first, second = found.pairs["first"].to_numpy(), found.pairs["second"].to_numpy()
    pairs = pd.DataFrame({"cluster": found.clusters[first]})
    for column in ("slice_id", *CROSSED, "table", "path"):
        values = rows[column].to_numpy()
        pairs[f"{column}_a"], pairs[f"{column}_b"] = values[first], values[second]
    pairs["distance"] = found.pairs["distance"]
    pairs["correlation"] = found.pairs["correlation"].round(4)
    order = pairs.assign(
        split=_differ(pairs, "split"), group=_differ(pairs, "group"), at=range(len(pairs))
    ).sort_values(["split", "group", "correlation", "at"], ascending=[False, False, False, True])
    return pairs.loc[order.index].reset_index(drop=True)


def _differ(pairs: pd.DataFrame, column: str) -> pd.Series:
    """Return whether both ends of each pair differ in a column; an empty split is no split."""
    one, other = pairs[f"{column}_a"], pairs[f"{column}_b"]
    return (one != other) & (one != "") & (other != "")


def _summary(together: _Rows, found: Duplicates, pairs: pd.DataFrame) -> dict[str, Any]:
    """Return the numbers: how many there are, and what they cross."""
    rows = together.rows.assign(cluster=found.clusters)
    sizes = rows.groupby("cluster").size()
    several = rows[rows["cluster"].isin(sizes.index[sizes > 1])]
    across = {}
    for column in CROSSED:
        known = several[several[column] != ""]
        values = known.groupby("cluster")[column].nunique()
        crossing = values.index[values > 1]
        across[column] = {
            "pairs": int(_differ(pairs, column).sum()),
            "clusters": len(crossing),
            "slices": int(known["cluster"].isin(crossing).sum()),
        }
    return {
        "tables": [table.name for table in together.tables],
        "slices": len(rows),
        "pairs": len(pairs),
        "clusters": int((sizes > 1).sum()),
        "slices_in_clusters": len(several),
        "pairs_within_groups": int((~_differ(pairs, "group")).sum()),
        "across": across,
        "flat": int(found.flat.sum()),
        "crowded": found.crowded,
    }


def _notes(found: Duplicates) -> list[str]:
    """Say what was not compared."""
    notes = []
    flat = int(found.flat.sum())
    if flat:
        show = "slice shows" if flat == 1 else "slices show"
        notes.append(f"{flat} {show} nothing (one grey level), and no likeness could be told.")
    if found.crowded:
        notes.append(
            f"{found.crowded} slices are like so many others that not every pair was compared; "
            "their clusters hold together, but pairs are missing."
        )
    return notes


def _relative(pairs: pd.DataFrame, folder: Path) -> pd.DataFrame:
    """Return the pairs with paths relative to `folder`."""
    return pairs.assign(
        **{
            name: [relative_to(folder, path) for path in pairs[name]]
            for name in ("path_a", "path_b")
        }
    )


def _join(rows: pd.DataFrame, clusters: npt.NDArray[np.int64], out: Path) -> list[str]:
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
            f"{out.name}: its splits parted near-duplicates and were taken away; run `hilum split`."
        )
    write_table(SliceTable(kept, folder, out.name), out)
    return notes
