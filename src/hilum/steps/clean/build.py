"""Building a table of cleaned slices from sources."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from hilum.progress import SILENT, Progress
from hilum.sources import BuildOptions, BuildResult, gather_table
from hilum.steps.clean import CLEAN_MARKS, clean
from hilum.storage.atomic import refuse_existing
from hilum.table import write_table

__all__ = ["build_cleaned"]

APART = 0.1
"""Difference between two classes in the share of cleaned slices from which on it is noted."""


def build_cleaned(
    sources: Sequence[tuple[str, Path]],
    *,
    out: Path,
    options: BuildOptions | None = None,
    force: bool = False,
    progress: Progress = SILENT,
) -> BuildResult:
    """Build a table as `build_table` does, with slices cleaned as `clean` does.

    For slices.csv the cleaned slices are written to `slices-cleaned/` next to it, together with
    masks and review sheets. The table has the column `cleaned`.

    Args:
        sources: (name, folder) of each source, as in `build_table`.
        out: the table to write, as in `build_table`.
        options: how slices are chosen, as in `build_table`.
        force: replace the table and the folder of cleaned slices if they exist.
        progress: receives the number of slices cleaned.

    Raises:
        HilumError: as `build_table` and `clean`.
    """
    out = Path(out)
    folder = out.with_name(f"{out.stem}-cleaned")
    refuse_existing(folder, force=force, marks=CLEAN_MARKS)
    built = gather_table(sources, out=out, options=options, force=force)
    report = clean(built.table, out=folder, force=force, progress=progress)
    table = replace(report.table, name=out.name)
    write_table(table, out)
    notes = (*built.notes, *_notes(report.summary, report.sheets))
    return BuildResult(table, built.counts, notes)


def _notes(summary: Mapping[str, Any], sheets: Sequence[Path]) -> Iterator[str]:
    """Return notes on what was cleaned, and whether that depends on the class."""
    cleaned = {label: counts["cleaned"] for label, counts in summary["labels"].items()}
    per_label = ", ".join(
        f"{count} of {summary['labels'][label]['slices']} {label}"
        for label, count in cleaned.items()
    )
    review = f"; review: {sheets[0]}" if sheets else ""
    yield f"cleaned: {per_label} slices{review}."
    shares = [counts["cleaned"] / counts["slices"] for counts in summary["labels"].values()]
    if len(shares) > 1 and max(shares) - min(shares) >= APART:
        yield (
            "cleaning changed some classes more than others, and it leaves traces: filled areas "
            "can still tell the classes apart."
        )
