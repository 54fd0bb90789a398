"""The verdict on a run, for the reader of its predictions."""

from __future__ import annotations

from hilum.engines import ExportedRun
from hilum.errors import RunError
from hilum.run import Run
from hilum.run.verdict import UNKNOWN, Verdict, judge_run

__all__ = ["verdict_of"]


def verdict_of(source: Run | ExportedRun) -> Verdict:
    """Return the verdict on a run, or on the run that a file was exported from.

    Evaluation writes it to network.json; runs evaluated by an older hilum have only metrics.json.
    """
    found = source.description.verdict
    if found.get("level") and found.get("sentence"):
        return Verdict(found["level"], found["sentence"])
    if isinstance(source, Run) and source.metrics_file.is_file():
        try:
            return judge_run(source.metrics())
        except (KeyError, TypeError, RunError):
            pass  # of an older version; evaluating again adds it
    evaluate = (
        "evaluate it and export it again"
        if isinstance(source, ExportedRun)
        else (f"run `hilum evaluate {source.folder}`")
    )
    return Verdict(UNKNOWN, f"Not evaluated, so nothing says what a call is worth; {evaluate}.")
