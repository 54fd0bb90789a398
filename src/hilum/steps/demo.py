"""The demo: phantoms drawn, split, trained on, evaluated, explained and reported."""

from __future__ import annotations

from pathlib import Path

from hilum.progress import SILENT, Progress
from hilum.run import Run
from hilum.sources import BuildOptions, PhantomSettings, build_table
from hilum.splits import split_table
from hilum.steps.finish import finish
from hilum.steps.series.write import SeriesOutput, write_series
from hilum.steps.train.step import train
from hilum.table import write_table

__all__ = ["DEMO_PHANTOMS", "demo"]

DEMO_PHANTOMS = PhantomSettings(patients=160, slices_per_patient=3, lesions=1.0, link=0.5)
"""Clear lesions, and every second patient from a source of its own class: a partial confounder."""

DEMO_STUDY = PhantomSettings(patients=1, size=192)
"""A patient of whom there is a whole CT study: pages are made of its series."""
STUDY_SLICES = 24

RECIPE = "phantom"


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


def _predict_study(run: Run, folder: Path, *, force: bool, progress: Progress) -> None:
    """Draw a CT study as DICOM, and write a page for each of its series."""
    options = BuildOptions(phantom=DEMO_STUDY, series_slices=STUDY_SLICES)
    build_table([("phantom", folder)], out=folder / "study.csv", options=options, force=force)
    output = SeriesOutput(folder / "series.json", form="json", force=force, pages=folder / "series")
    write_series(run, folder / "phantom-dicom", output=output, progress=progress)
