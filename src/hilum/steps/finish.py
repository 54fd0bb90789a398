"""What follows a training: evaluate, explain, localise, report."""

from __future__ import annotations

from pathlib import Path

from hilum.processes import is_first_process
from hilum.progress import SILENT, Progress
from hilum.report import write_report
from hilum.run import Run, as_run
from hilum.run.network import REPEATED
from hilum.steps.evaluate import evaluate
from hilum.steps.explain import explain
from hilum.steps.localise import localise

__all__ = ["finish"]


def finish(run: Run | Path | str, *, progress: Progress = SILENT) -> Path:
    """Evaluate, explain, localise and report a trained run; return the path of its report.

    A cross-validation and a repeated training are evaluated as soon as they are trained, and have
    no maps of their own.

    Of several processes the first does the work, and the others return at once.
    """
    run = as_run(run)
    if is_first_process():
        has_members = run.kind in ("cross-validation", REPEATED)
        if not (has_members and run.metrics_file.is_file()):
            evaluate(run, progress=progress)
        if not has_members:
            explain(run, progress=progress)
            localise(run, progress=progress)
        write_report(run.folder)
    return run.report_file
