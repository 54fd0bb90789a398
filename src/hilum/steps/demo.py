"""The demo: phantoms drawn, split, trained on, evaluated, explained and reported."""

from __future__ import annotations

from pathlib import Path

from hilum.progress import SILENT, Progress
from hilum.run import Run
from hilum.sources import BuildOptions, PhantomSettings, build_table
from hilum.splits import split_table
from hilum.steps.finish import finish
from hilum.steps.train.step import train
from hilum.table import write_table

__all__ = ["DEMO_PHANTOMS", "demo"]

DEMO_PHANTOMS = PhantomSettings(patients=160, slices_per_patient=3, lesions=1.0, link=0.5)
"""Clear lesions, and every second patient from a source of its own class: a partial confounder."""

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
        out: the folder to create: `phantom/` with the slices, `slices.csv`, and `run/`.
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
    return run
