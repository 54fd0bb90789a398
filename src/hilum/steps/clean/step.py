"""Cleaning the slices of a table: annotations found and filled in, each slice written anew."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from hilum.errors import HilumError, ReadError
from hilum.prepare.clean import KINDS
from hilum.progress import SILENT, Progress
from hilum.steps.clean.one_slice import CLEANED, STATES, One, Task, clean_one
from hilum.steps.clean.review import write_sheets
from hilum.storage.atomic import new_folder, refuse_existing
from hilum.table import (
    SliceTable,
    as_table,
    read_table,
    refuse_own_slices,
    write_csv,
    write_table,
)

__all__ = ["CLEAN_MARKS", "CleanReport", "clean"]

CLEAN_MARKS = ("cleaned.csv", "slices.csv")
"""Files by which a folder is known as one of cleaned slices, which --force may replace."""

WORKERS = 4
"""Threads: decoders, OpenCV and its networks release the interpreter's lock."""

AHEAD = 64
"""Slices handed over at a time: bounds the memory, and how long an interruption waits."""


@dataclass(frozen=True)
class CleanReport:
    """What was cleaned.

    Attributes:
        table: the new table, in the folder that was written.
        summary: JSON content: slices by state, slices by kind, shares of pixels.
        sheets: the pages of the review, the first to open first.
    """

    table: SliceTable
    summary: Mapping[str, Any]
    sheets: tuple[Path, ...]


def clean(
    table: SliceTable | Path | str,
    *,
    out: Path | str,
    force: bool = False,
    progress: Progress = SILENT,
) -> CleanReport:
    """Write cleaned copies of a table's slices, and a table of them, into the folder `out`.

    A slice in which nothing is found is copied byte by byte; so is DICOM in Hounsfield units, in
    which nobody has drawn. Rows, boxes and masks stay as they are: sizes and orientation do.

    Writes slices.csv (with the column `cleaned`, the share of pixels that was filled in),
    cleaned.csv, images/, masks/ (what was filled in) and review-1.html and so on.

    Args:
        table: the slices.
        out: the folder to make; none of the slices may lie in it.
        force: replace cleaned slices that stand there.
        progress: told how far it is.

    Raises:
        UsageError: `out` exists, or holds slices of the table.
        ReadError: a slice can't be read; the message names table, row and file.
        StorageError: the disk refused.
    """
    table, out = as_table(table), Path(out)
    refuse_existing(out, force=force, marks=CLEAN_MARKS)
    refuse_own_slices(table, out)
    with new_folder(out, force=force, marks=CLEAN_MARKS) as draft:
        done = list(_clean_all(table, draft, progress))
        _write_tables(table, done, draft)
        sheets = write_sheets(table, done, draft, progress=progress)
    written = read_table(out / "slices.csv")
    summary = _summary(table.rows["label"].tolist(), done)
    return CleanReport(written, summary, tuple(out / sheet for sheet in sheets))


def _clean_all(table: SliceTable, draft: Path, progress: Progress) -> Iterator[One]:
    """Clean every slice, several at a time; yield what was done in the table's order."""
    paths, windows = table.paths(), table.rows["window"].tolist()
    (draft / "images").mkdir()
    (draft / "masks").mkdir()

    def work(row: int) -> One:
        try:
            return clean_one(Task(row, paths[row], windows[row], draft))
        except HilumError as error:
            raise ReadError(f"{table.cell_name(row, 'path')}: {error}") from error

    with ThreadPoolExecutor(WORKERS) as pool:
        for first in range(0, len(table), AHEAD):
            rows = range(first, min(first + AHEAD, len(table)))
            yield from pool.map(work, rows)
            progress.advance("cleaning slices", rows.stop, len(table))


def _write_tables(table: SliceTable, done: list[One], draft: Path) -> None:
    """Write cleaned.csv, and slices.csv with the new paths."""
    facts = [{"slice_id": name, **asdict(one)} for name, one in
             zip(table.rows["slice_id"], done, strict=True)]  # fmt: skip
    columns = ["slice_id", "path", "state", "changed", "kinds", "mask"]
    write_csv(pd.DataFrame(facts, columns=columns, dtype=str), draft / "cleaned.csv")
    moved = SliceTable(table.rows.copy(), table.folder, table.name, table.lines)
    write_table(moved, draft / "slices.csv")
    rows = read_table(draft / "slices.csv").rows
    rows = rows.assign(path=[one.path for one in done], cleaned=[one.changed for one in done])
    write_table(SliceTable(rows, draft), draft / "slices.csv")


def _summary(labels: list[str], done: list[One]) -> dict[str, Any]:
    """Return how many slices ended how."""
    changed = [float(one.changed) for one in done if one.changed]
    kinds = [kind for one in done for kind in one.kinds.split("; ") if kind]
    cleaned = [label for label, one in zip(labels, done, strict=True) if one.state == CLEANED]
    return {
        "slices": len(done),
        "states": {state: sum(one.state == state for one in done) for state in STATES},
        "kinds": {kind: kinds.count(kind) for kind in KINDS if kind in kinds},
        "labels": {
            label: {"slices": labels.count(label), "cleaned": cleaned.count(label)}
            for label in sorted(set(labels))
        },
        "changed_mean": sum(changed) / len(changed) if changed else 0.0,
        "changed_most": max(changed, default=0.0),
    }
