"""Describe a cohort: a slice table, or everything that a collection lists."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hilum.audit import judge_design
from hilum.errors import UsageError
from hilum.prepare import notes_by_label
from hilum.prepare.slice_facts import Notes
from hilum.progress import SILENT, Progress
from hilum.report.describe import write_cohort
from hilum.run import write_json
from hilum.run.environment import version
from hilum.sources import SOURCES
from hilum.steps.describe.cohort import cohort_of
from hilum.steps.describe.pictures import with_pictures
from hilum.storage.atomic import new_folder, refuse_existing
from hilum.table import SliceTable, as_table, refuse_own_slices

__all__ = ["DESCRIBED_MARKS", "describe", "describe_listed"]

DESCRIBED_MARKS = ("cohort.json", "cohort.html")
"""Files by which a folder is known as a description, which --force may replace."""


def describe(
    table: SliceTable | Path | str,
    *,
    out: Path | str,
    pictures: bool = True,
    force: bool = False,
    progress: Progress = SILENT,
) -> dict[str, Any]:
    """Summarise a slice table by class, as HTML and CSV.

    Writes cohort.json, cohort.csv, cohort.html and figures/*.svg into the folder `out`.

    Args:
        table: the slices.
        out: the folder to create.
        pictures: also read every slice, for its size and format.
        force: replace an existing description.
        progress: receives the progress.

    Returns:
        the content of cohort.json.

    Raises:
        UsageError: `out` exists.
        ReadError: a slice can't be read; the message names table, row and file.
        StorageError: the disk refused.
    """
    table = as_table(table)
    refuse_existing(Path(out), force=force, marks=DESCRIBED_MARKS)
    refuse_own_slices(table, Path(out))
    rows, notes = table.rows, list[Notes]()
    if pictures:
        rows, notes = with_pictures(table, progress)
    content = {
        **cohort_of(rows, title=table.name),
        "design": judge_design(table).as_json(),
        "notes": notes_by_label(notes, rows["label"].tolist()) if notes else None,
    }
    return _write(content, Path(out), force=force)


def describe_listed(
    name: str, path: Path, *, out: Path | str, force: bool = False
) -> dict[str, Any]:
    """Describe everything that a collection lists, whether its files exist or not.

    Args:
        name: a source in SOURCES that has a list of its own, such as `ct-pneumonia`.
        path: the collection's folder.
        out: the folder to write, as in `describe`.
        force: replace a description that exists at `out`.

    Raises:
        UsageError: no such source, or it has no list; `out` exists.
        SourceError: the list can't be read.
    """
    source = SOURCES.get(name)
    if source is None or source.listed is None:
        able = ", ".join(source.name for source in SOURCES.values() if source.listed)
        raise UsageError(f"{name!r} has no list of its own to describe; these have: {able}.")
    refuse_existing(Path(out), force=force, marks=DESCRIBED_MARKS)
    content = {
        **cohort_of(source.listed(path), title=f"{name}, all that it lists"),
        "design": None,
        "notes": None,
    }
    return _write(content, Path(out), force=force)


def _write(content: dict[str, Any], folder: Path, *, force: bool) -> dict[str, Any]:
    content = {"hilum": version(), **content}
    with new_folder(folder, force=force, marks=DESCRIBED_MARKS) as draft:
        write_json(content, draft / "cohort.json")
        write_cohort(content, draft)
    return content
