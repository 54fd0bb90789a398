"""Compare: evaluated runs in, one folder out: tables, paired differences, figures, a page."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from hilum.errors import UsageError
from hilum.progress import SILENT, Progress
from hilum.report.compare.page import write_comparison
from hilum.run import Run, as_runs, write_json
from hilum.steps.compare.content import comparison_of
from hilum.steps.compare.runs import read_runs, read_spreads
from hilum.storage.atomic import new_folder, refuse_existing

__all__ = ["compare"]

MARKS = ("comparison.json",)
"""The file by which a folder is known as a comparison, which --force may replace."""


def compare(
    runs: Iterable[Run | Path | str],
    *,
    out: Path | str,
    force: bool = False,
    progress: Progress = SILENT,
) -> dict[str, Any]:
    """Compare evaluated runs; needs neither their networks nor torch, and changes none of them.

    Runs on the same slices with the same split are compared pair by pair, by resampling their test
    groups together. Others are still tabulated, with a statement that they are
    not comparable and why.

    Args:
        runs: at least two evaluated runs or their folders: networks, ensembles, cross-validations;
            a repeated training stands for its trainings, and the spread of their metrics is shown.
        out: the folder to make: comparison.json, table.md, table.csv, differences.csv, figures/,
            comparison.html; written whole or not at all.
        force: replace a comparison that stands at `out`.
        progress: reports the resamples done.

    Returns:
        the content of comparison.json.

    Raises:
        UsageError: fewer than two runs, one of them twice, no run folder, or `out` is in the way.
        RunError: a run was not evaluated, or its files don't belong together.
        StorageError: the disk refused; nothing is left behind.
    """
    folder = Path(out)
    refuse_existing(folder, force=force, marks=MARKS)
    given = as_runs(runs)
    read, spreads = read_runs(given), read_spreads(given)
    target = folder.resolve()
    for compared in read:
        if compared.run.folder.resolve().is_relative_to(target):
            raise UsageError(f"{folder} holds one of the runs; choose another folder.")
    content = comparison_of(read, spreads=spreads, progress=progress)
    with new_folder(folder, force=force, marks=MARKS) as draft:
        write_json(content, draft / MARKS[0])
        write_comparison(content, draft)
    return content
