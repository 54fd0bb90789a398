"""Cleaning the slices of a table: annotations are filled in, and every slice is written again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hilum.boxes import NO_LESION
from hilum.errors import HilumError, ReadError
from hilum.prepare.clean import KINDS
from hilum.prepare.rewriting import rewrite_rows, write_results
from hilum.progress import SILENT, Progress
from hilum.steps.clean.one_slice import CLEANED, STATES, CleanedRow, CleanTask, clean_one
from hilum.steps.clean.review import write_sheets
from hilum.storage.atomic import new_folder, refuse_existing
from hilum.table import (
    SliceTable,
    as_table,
    read_table,
    refuse_own_slices,
    write_table,
)

__all__ = ["CLEAN_MARKS", "CleanReport", "clean"]

CLEAN_MARKS = ("cleaned.csv", "slices.csv")
"""Files that identify a folder of cleaned slices, which --force may replace."""


@dataclass(frozen=True)
class CleanReport:
    """Result of cleaning a table.

    Attributes:
        table: the new table in the folder that was written.
        summary: JSON content: slices by state, slices by kind, shares of pixels.
        sheets: the pages of the review, in order.
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

    A slice without annotations is copied byte by byte; so is DICOM in Hounsfield units, which has
    no drawn annotations. Rows, boxes and masks are unchanged, as size and orientation are.

    Writes slices.csv (with the column `cleaned`, the share of pixels that was filled in),
    cleaned.csv, images/, masks/ (the filled pixels), review-1.html and so on.

    Args:
        table: the slices.
        out: the folder to create; it must not contain any of the slices.
        force: replace an existing folder of cleaned slices.
        progress: receives the number of slices cleaned.

    Raises:
        UsageError: `out` exists, or contains slices of the table.
        ReadError: a slice can't be read; the message names table, row and file.
        StorageError: the disk is full, read-only or forbidden.
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


def _clean_all(table: SliceTable, draft: Path, progress: Progress) -> Iterator[CleanedRow]:
    """Clean every slice in several threads; yield the results in the table's order."""
    paths, windows = table.paths(), table.rows["window"].tolist()
    boxes, masks = table.rows["boxes"].tolist(), table.rows["mask"].tolist()
    (draft / "images").mkdir()
    (draft / "masks").mkdir()

    def clean_row(row: int) -> CleanedRow:
        try:
            has_regions = boxes[row] not in ("", NO_LESION) or bool(masks[row])
            task = CleanTask(row, paths[row], windows[row], table.frame(row), has_regions, draft)
            return clean_one(task)
        except HilumError as error:
            raise ReadError(f"{table.cell_name(row, 'path')}: {error}") from error

    yield from rewrite_rows(len(table), clean_row, progress=progress, doing="cleaning slices")


def _write_tables(table: SliceTable, done: list[CleanedRow], draft: Path) -> None:
    """Write cleaned.csv and slices.csv with the new paths."""
    write_results(table, done, draft / "cleaned.csv")
    moved = SliceTable(table.rows.copy(), table.folder, table.name, table.lines)
    write_table(moved, draft / "slices.csv")
    rows = read_table(draft / "slices.csv").rows
    rows = rows.assign(
        path=[result.path for result in done], cleaned=[result.changed for result in done]
    )
    if "frame" in rows:  # a cleaned frame is a picture of its own
        rows["frame"] = [
            "" if result.state == CLEANED else frame
            for result, frame in zip(done, rows["frame"], strict=True)
        ]
    write_table(SliceTable(rows, draft), draft / "slices.csv")


def _summary(labels: list[str], done: list[CleanedRow]) -> dict[str, Any]:
    """Return the number of slices by state, kind and label."""
    changed = [float(result.changed) for result in done if result.changed]
    kinds = [kind for result in done for kind in result.kinds.split("; ") if kind]
    cleaned = [label for label, result in zip(labels, done, strict=True) if result.state == CLEANED]
    return {
        "slices": len(done),
        "states": {state: sum(result.state == state for result in done) for state in STATES},
        "kinds": {kind: kinds.count(kind) for kind in KINDS if kind in kinds},
        "labels": {
            label: {"slices": labels.count(label), "cleaned": cleaned.count(label)}
            for label in sorted(set(labels))
        },
        "changed_mean": sum(changed) / len(changed) if changed else 0.0,
        "changed_most": max(changed, default=0.0),
    }
