"""The demo: phantoms drawn, split, trained on, evaluated, explained and reported."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hilum.progress import SILENT, Progress
from hilum.run import Run
from hilum.sources import BuildOptions, PhantomSettings, build_table
from hilum.splits import split_table
from hilum.steps.evaluate.elsewhere import ElsewhereOptions, evaluate_elsewhere
from hilum.steps.evaluate.step import evaluate
from hilum.steps.finish import finish
from hilum.steps.series.write import SeriesOutput, write_series
from hilum.steps.train.step import train
from hilum.table import SliceTable, write_table

__all__ = ["DEMO_PHANTOMS", "LINKED", "UNLINKED", "demo", "mend"]

DEMO_PHANTOMS = PhantomSettings(patients=160, slices_per_patient=3, lesions=1.0, link=0.5)
"""Clear lesions, and every second patient from a source of its own class: a partial confounder."""

DEMO_STUDY = PhantomSettings(patients=1, size=192)
"""A patient of whom there is a whole CT study: pages are made of its series."""
STUDY_SLICES = 24

RECIPE = "phantom"

LINKED = PhantomSettings(
    patients=96, slices_per_patient=2, classes=("cancer", "normal"), link=1.0, size=96, seed=1
)
"""Each class from sources of its own: telling the sources apart is all that training asks for."""
UNLINKED = PhantomSettings(
    patients=64, slices_per_patient=2, classes=("cancer", "normal"), link=0.0, size=96, seed=3
)
"""Other patients, whose sources tell nothing."""


def demo(
    out: Path | str,
    *,
    phantoms: PhantomSettings = DEMO_PHANTOMS,
    force: bool = False,
    progress: Progress = SILENT,
) -> Run:
    """Run the complete workflow on phantoms and return the run with its report.

    Args:
        out: the folder to create: `phantom/` with the slices, `slices.csv`, `run/`, a CT study as
            DICOM in `phantom-dicom/`, and the pages of its series in `series/`.
        phantoms: what to draw.
        force: replace an existing folder.
        progress: receives messages and progress.

    Raises:
        UsageError: `out` exists and `force` is not given.
        StorageError: the disk refused.
    """
    folder = Path(out)
    table_file = folder / "slices.csv"
    progress.say(f"Drawing {phantoms.patients * phantoms.slices_per_patient} phantom slices.")
    built = build_table(
        [("phantom", folder)], out=table_file, options=BuildOptions(phantom=phantoms), force=force
    )
    table = split_table(built.table)
    write_table(table, table_file)
    run = train(table, RECIPE, out=folder / "run", weights="none", force=force, progress=progress)
    finish(run, progress=progress)
    _predict_study(run, folder, force=force, progress=progress)
    return run


def mend(
    out: Path | str,
    *,
    linked: PhantomSettings = LINKED,
    force: bool = False,
    progress: Progress = SILENT,
) -> dict[str, dict[str, Any]]:
    """Train a naive and a robust network where class is source; try both where it isn't.

    Args:
        out: the folder to write into: runs `naive/` and `robust/`, each with what it reaches
            `elsewhere`, and the phantoms.
        linked: the phantoms that both are trained on.
        force: replace what is there.
        progress: receives messages and progress.

    Returns:
        "naive" and "robust", each with the metrics elsewhere (docs/reference/files.md).

    Raises:
        UsageError: an output exists and `force` is not given.
        StorageError: the disk refused.
    """
    folder = Path(out)
    table = split_table(_draw(folder / "linked", linked, force=force))
    unlinked = _draw(folder / "elsewhere", UNLINKED, force=force)
    found = {}
    for name, recipe in (("naive", RECIPE), ("robust", f"robust/{RECIPE}")):
        run = train(
            table, recipe, out=folder / name, weights="none", force=force, progress=progress
        )
        evaluate(run, progress=progress)
        # Names are counted from 1 in both, and drawn chests may be alike by chance.
        options = ElsewhereOptions(name="elsewhere", unrelated=True, drop_shared=True, force=force)
        found[name] = evaluate_elsewhere(run, unlinked, options=options, progress=progress)
    return found


def _draw(folder: Path, phantoms: PhantomSettings, *, force: bool) -> SliceTable:
    """Draw phantoms into a folder of their own, and return their table."""
    folder.mkdir(parents=True, exist_ok=True)
    options = BuildOptions(phantom=phantoms)
    return build_table(
        [("phantom", folder)], out=folder / "slices.csv", options=options, force=force
    ).table


def _predict_study(run: Run, folder: Path, *, force: bool, progress: Progress) -> None:
    """Draw a CT study as DICOM, and write a page for each of its series."""
    options = BuildOptions(phantom=DEMO_STUDY, series_slices=STUDY_SLICES)
    build_table([("phantom", folder)], out=folder / "study.csv", options=options, force=force)
    output = SeriesOutput(folder / "series.json", form="json", force=force, pages=folder / "series")
    write_series(run, folder / "phantom-dicom", output=output, progress=progress)
