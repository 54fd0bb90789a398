"""Harmonising the slices of a table: cut to the lungs, at fixed grey levels, written again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hilum.prepare.lungs import CODES
from hilum.prepare.rewriting import rewrite_rows, write_results
from hilum.progress import SILENT, Progress
from hilum.steps.harmonise.one_slice import HarmonisedRow, harmonise_row
from hilum.steps.harmonise.review import write_review
from hilum.storage.atomic import new_folder, refuse_existing
from hilum.table import (
    SliceTable,
    as_table,
    read_table,
    refuse_own_slices,
    write_table,
)

__all__ = ["HARMONISE_MARKS", "HarmoniseReport", "harmonise_table"]

HARMONISE_MARKS = ("harmonised.csv", "slices.csv")
"""Files that identify a folder of harmonised slices, which --force may replace."""


@dataclass(frozen=True)
class HarmoniseReport:
    """Result of harmonising a table.

    Attributes:
        table: the new table in the folder that was written.
        summary: JSON content: slices by quality code, for each label and source.
        sheets: the pages of the review, in order.
    """

    table: SliceTable
    summary: Mapping[str, Any]
    sheets: tuple[Path, ...]


def harmonise_table(
    table: SliceTable | Path | str,
    *,
    out: Path | str,
    clean: bool = True,
    force: bool = False,
    progress: Progress = SILENT,
) -> HarmoniseReport:
    """Write harmonised pictures of a table's slices, and a table of them, into the folder `out`.

    Each slice is cut to its lungs, with its boxes and its mask, as `hilum.prepare.harmonise` does.
    Labels, groups, sources and splits are unchanged. What the finder calls anything but `ok` is
    written all the same, and named in the column `lungs`.

    Writes slices.csv (with the column `lungs`), harmonised.csv, images/, masks/, review-1.html and
    so on.

    Args:
        table: the slices.
        out: the folder to create; it must not contain any of the slices.
        clean: fill in annotations first; slices that were cleaned before need it no more.
        force: replace an existing folder of harmonised slices.
        progress: receives the number of slices harmonised.

    Raises:
        UsageError: `out` exists, or contains slices of the table.
        ReadError: a slice or a mask can't be read; the message names table, row and file.
        TableError: a box extends beyond its slice.
        StorageError: the disk is full, read-only or forbidden.
    """
    table, out = as_table(table), Path(out)
    refuse_existing(out, force=force, marks=HARMONISE_MARKS)
    refuse_own_slices(table, out)
    with new_folder(out, force=force, marks=HARMONISE_MARKS) as draft:
        done = list(_harmonise_all(table, draft, clean=clean, progress=progress))
        _write_tables(table, done, draft)
        sheets = write_review(table, done, draft, progress=progress)
    written = read_table(out / "slices.csv")
    return HarmoniseReport(written, _summary(table, done), tuple(out / sheet for sheet in sheets))


def _harmonise_all(
    table: SliceTable, draft: Path, *, clean: bool, progress: Progress
) -> Iterator[HarmonisedRow]:
    """Harmonise every slice in several threads; yield the results in the table's order."""
    (draft / "images").mkdir()
    (draft / "masks").mkdir()
    yield from rewrite_rows(
        len(table),
        lambda row: harmonise_row(table, row, draft, clean=clean),
        progress=progress,
        doing="harmonising slices",
    )


def _write_tables(table: SliceTable, done: list[HarmonisedRow], draft: Path) -> None:
    """Write harmonised.csv and slices.csv with the new paths, boxes and masks."""
    write_results(table, done, draft / "harmonised.csv")
    rows = table.rows.assign(
        **{name: [getattr(result, name) for result in done]
           for name in ("path", "boxes", "mask", "lungs")},
    )  # fmt: skip
    if "frame" in rows:  # a harmonised frame is a picture of its own
        rows = rows.drop(columns="frame")
    write_table(SliceTable(rows, draft), draft / "slices.csv")


def _summary(table: SliceTable, done: list[HarmonisedRow]) -> dict[str, Any]:
    """Return the number of slices by quality code: of all, of each label, of each source."""
    codes = [result.lungs for result in done]
    boxed = table.rows["boxes"].str.contains(r"\d").tolist()
    lost = sum(had and not result.boxes for had, result in zip(boxed, done, strict=True))
    return {
        "slices": len(done),
        "lungs": _counts(codes),
        "labels": _counts_by(table.rows["label"].tolist(), codes),
        "sources": _counts_by(table.rows["source"].tolist(), codes),
        "boxes_outside": lost,
    }


def _counts(codes: list[str]) -> dict[str, int]:
    counted = Counter(codes)
    return {code: counted[code] for code in CODES if counted[code]}


def _counts_by(names: list[str], codes: list[str]) -> dict[str, dict[str, int]]:
    return {
        name: _counts([code for own, code in zip(names, codes, strict=True) if own == name])
        for name in sorted(set(names))
    }
