"""Finding near-duplicates in slice tables, counting what they cross, and merging groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from hilum.duplicates import Duplicates, find_alike, read_prints
from hilum.errors import UsageError
from hilum.progress import SILENT, Progress
from hilum.readers import Window, cell_window
from hilum.steps.duplicates.join import check_joinable, join_groups
from hilum.steps.duplicates.pairs import CROSSED, differ, draw_sheet, pairs_of, write_pairs
from hilum.storage.atomic import refuse_existing
from hilum.storage.path_text import path_of_text, text_of_path
from hilum.table import SliceTable, as_table, refuse_slice_as_output

__all__ = ["DuplicateReport", "find_duplicates"]

Clusters = npt.NDArray[np.int64]


@dataclass(frozen=True)
class DuplicateReport:
    """Near-duplicates found in one or more tables.

    Attributes:
        pairs: one row per pair, first those across splits, then those across groups; the columns
            are those of pairs.csv in docs/reference/files.md, with absolute paths.
        clusters: (n,) int64, the cluster of each row of the concatenated tables.
        summary: JSON content: numbers of slices, pairs and clusters, and what they cross.
        notes: sentences that a user should see.
    """

    pairs: pd.DataFrame
    clusters: Clusters
    summary: Mapping[str, Any]
    notes: tuple[str, ...] = ()

    @property
    def crosses_splits(self) -> bool:
        """Whether a cluster spans two splits, which makes metrics on test too optimistic."""
        return bool(self.summary["across"]["split"]["clusters"])


@dataclass(frozen=True)
class _Rows:
    """The rows of all tables, with absolute paths and the table's name in column `table`."""

    rows: pd.DataFrame
    tables: Sequence[SliceTable] = field(repr=False)

    def cell_name(self, number: int) -> str:
        """Return the name of a row's path cell, for messages."""
        for table in self.tables:
            if number < len(table):
                return table.cell_name(number, "path")
            number -= len(table)
        raise IndexError(number)


def find_duplicates(
    tables: SliceTable | Path | str | Sequence[SliceTable | Path | str],
    *,
    out: Path | None = None,
    join: Path | None = None,
    sheet: Path | None = None,
    force: bool = False,
    progress: Progress = SILENT,
) -> DuplicateReport:
    """Find slices that are nearly the same picture, within tables and between them.

    Args:
        tables: one or more slice tables; groups of the same name in two tables are one group.
        out: CSV file to write the pairs to.
        join: CSV file to write all rows to as one table in which no cluster spans two groups; the
            previous groups are in column `group_before`. If a merged group spans two splits,
            column `split` is emptied.
        sheet: PNG file to draw the first pairs to, side by side, numbered as the rows of `out`.
        force: replace `out`, `join` and `sheet` if they exist.
        progress: receives the number of slices read and compared.

    Raises:
        UsageError: no such table; `out`, `join` or `sheet` exists; a slice_id or path occurs in two
            of the tables to be joined.
        TableError: a table breaks its schema.
        ReadError: a slice can't be read; the message names table, row and file.
        StorageError: the disk refused.
    """
    several = [tables] if isinstance(tables, SliceTable | Path | str) else list(tables)
    if not several:
        raise UsageError("give at least one table to search for near-duplicates; got none.")
    opened = [as_table(table) for table in several]
    for target in (out, join, sheet):
        if target is not None:
            refuse_existing(Path(target), force=force)
            for table in opened:
                refuse_slice_as_output(table, Path(target))
    concatenated = _concatenated(opened)
    if join is not None:
        check_joinable(concatenated.rows)
    paths = [path_of_text(text) for text in concatenated.rows["path"]]
    windows, frames = _windows(concatenated.rows["window"]), _frames(concatenated.rows)
    prints = read_prints(
        paths,
        windows=windows,
        frames=frames,
        cell_name=concatenated.cell_name,
        progress=progress,
    )
    found = find_alike(prints, progress=progress)
    pairs = pairs_of(concatenated.rows, found)
    notes = _notes(found)
    if out is not None:
        write_pairs(pairs, Path(out))
    if sheet is not None:
        keys = zip(concatenated.rows["path"], concatenated.rows["slice_id"], strict=True)
        shown = zip(keys, zip(windows, frames, strict=True), strict=True)
        draw_sheet(Path(sheet), pairs, dict(shown))
    if join is not None:
        notes += join_groups(concatenated.rows, found.clusters, Path(join))
    return DuplicateReport(
        pairs, found.clusters, _summary(concatenated, found, pairs), tuple(notes)
    )


def _concatenated(tables: Sequence[SliceTable]) -> _Rows:
    """Return the rows of all tables, concatenated."""
    frames = []
    for table in tables:
        folder = text_of_path(table.folder.resolve())
        rows = table.rows.copy()
        for column in ("path", "mask"):
            rows[column] = [f"{folder}/{text}" if text else "" for text in rows[column]]
        frames.append(rows.assign(table=table.name))
    return _Rows(pd.concat(frames, ignore_index=True).fillna(""), tables)


def _windows(cells: pd.Series) -> list[Window]:
    """Return the window of each cell, LUNG for an empty one."""
    window_of = cache(cell_window)
    return [window_of(cell) for cell in cells]


def _frames(rows: pd.DataFrame) -> list[int | None]:
    """Return the frame of each slice in a multi-frame file, None for others."""
    cells = rows["frame"] if "frame" in rows else [""] * len(rows)
    return [int(cell) if cell else None for cell in cells]


def _summary(concatenated: _Rows, found: Duplicates, pairs: pd.DataFrame) -> dict[str, Any]:
    """Return the number of slices, pairs and clusters, and what the clusters cross."""
    rows = concatenated.rows.assign(cluster=found.clusters)
    sizes = rows.groupby("cluster").size()
    several = rows[rows["cluster"].isin(sizes.index[sizes > 1])]
    across = {}
    for column in CROSSED:
        known = several[several[column] != ""]
        values = known.groupby("cluster")[column].nunique()
        crossing = values.index[values > 1]
        across[column] = {
            "pairs": int(differ(pairs, column).sum()),
            "clusters": len(crossing),
            "slices": int(known["cluster"].isin(crossing).sum()),
        }
    return {
        "tables": [table.name for table in concatenated.tables],
        "slices": len(rows),
        "pairs": len(pairs),
        "clusters": int((sizes > 1).sum()),
        "slices_in_clusters": len(several),
        "pairs_within_groups": int((~differ(pairs, "group")).sum()),
        "across": across,
        "flat": int(found.flat.sum()),
        "crowded": found.crowded,
    }


def _notes(found: Duplicates) -> list[str]:
    """Return sentences on slices that were not compared with all others."""
    notes = []
    flat = int(found.flat.sum())
    if flat:
        have = "slice has" if flat == 1 else "slices have"
        notes.append(f"{flat} {have} a single grey level and could not be compared.")
    if found.crowded:
        notes.append(
            f"{found.crowded} slices have so many candidates by hash that only the nearest were "
            "compared; heavily cropped copies may have been missed."
        )
    return notes
