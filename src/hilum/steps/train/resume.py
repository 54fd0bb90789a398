"""Resume an interrupted training: of one network, of a cross-validation or of several seeds."""

from __future__ import annotations

from pathlib import Path

from hilum.progress import SILENT, Progress
from hilum.run import Run
from hilum.run.network import REPEATED
from hilum.steps.train.cross_validate import resume_folds
from hilum.steps.train.repeat_training import resume_repeated
from hilum.steps.train.step import resume as resume_network

__all__ = ["resume"]


def resume(folder: Path | str, *, progress: Progress = SILENT) -> Run:
    """Resume an interrupted training from its last complete epoch, and finish it.

    A cross-validation keeps its finished folds, resumes the interrupted one and trains the rest; a
    repeated training does the same with its seeds.

    Args:
        folder: the run folder of the interrupted training.
        progress: receives the progress.

    Raises:
        UsageError: `folder` is no run folder, or its training is finished already.
        RunError: the checkpoint is missing or damaged.
    """
    run = Run(Path(folder))
    if run.kind == "cross-validation":
        return resume_folds(folder, progress=progress)
    if run.kind == REPEATED:
        return resume_repeated(folder, progress=progress)
    return resume_network(folder, progress=progress)
