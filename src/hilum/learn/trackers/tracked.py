"""Experiment trackers that log a training, through accelerate's tracker classes; off by default."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from accelerate import Accelerator
from accelerate.tracking import GeneralTracker

from hilum.errors import UsageError
from hilum.learn.checkpoint import TrainingProgress
from hilum.recipe import Recipe

__all__ = ["TRACKERS", "tracked", "tracker_of_run"]

TRACKERS = ("tensorboard", "mlflow", "wandb")
"""Trackers with an extra of hilum; accelerate supports more."""
PROJECT = "hilum"
"""Name of the project in a tracker."""
FOLDER = "tracker"
"""Folder in the run folder that trackers write to."""
UNTRACKED: dict[str, dict[str, str]] = {
    "mlflow": {"MLFLOW_DISABLE_TELEMETRY": "true"},
    "wandb": {"WANDB_MODE": "offline", "WANDB_ERROR_REPORTING": "false"},
}
"""Variables that stop a tracker from calling home, set unless the user's environment has them."""

_chosen: ContextVar[str | GeneralTracker | None] = ContextVar("tracker", default=None)


@contextmanager
def tracked(tracker: str | GeneralTracker | None) -> Iterator[None]:
    """Log every training that starts in the block with an experiment tracker.

    It gets the recipe and, after each epoch, the row of history.csv: no slice, no table, no path.
    What it writes goes to `tracker/` in the run folder unless its own variables name another place
    (MLFLOW_TRACKING_URI, WANDB_DIR). It stays on this machine unless they name a server: wandb is
    offline without WANDB_MODE, and mlflow's telemetry is off without MLFLOW_DISABLE_TELEMETRY.

    Args:
        tracker: "tensorboard", "mlflow", "wandb", or a tracker of accelerate's class
            GeneralTracker; None: no tracker.

    Raises:
        UsageError: it is not known, or its package is not installed.
    """
    if isinstance(tracker, str):
        if tracker not in TRACKERS:
            raise UsageError(f"--tracker must be one of {', '.join(TRACKERS)}; got {tracker!r}.")
        if find_spec(tracker) is None:
            raise UsageError(
                f"the tracker {tracker} is not installed: pip install 'hilum[{tracker}]'."
            )
    token = _chosen.set(tracker)
    try:
        yield
    finally:
        _chosen.reset(token)


@contextmanager
def tracker_of_run(
    folder: Path, recipe: Recipe
) -> Iterator[Callable[[TrainingProgress], bool] | None]:
    """Yield the callback for the end of each epoch; None without a tracker.

    Args:
        folder: the run folder, which exists.
        recipe: the complete recipe.
    """
    chosen = _chosen.get()
    if chosen is None:
        yield None
        return
    logs = folder / FOLDER
    if isinstance(chosen, str):
        logs.mkdir(exist_ok=True)
    with _environment(chosen, logs):
        accelerator = Accelerator(mixed_precision="no", log_with=chosen, project_dir=logs)
        accelerator.init_trackers(PROJECT, config=_flat(recipe.model_dump()))

        def log_epoch(trained: TrainingProgress) -> bool:
            row = trained.history[-1]
            values = {name: value for name, value in row.items() if name != "epoch"}
            accelerator.log(values, step=int(row["epoch"]))
            return True

        try:
            yield log_epoch
        finally:
            for tracker in accelerator.trackers:  # end_training would end the processes' group too
                tracker.finish()


@contextmanager
def _environment(tracker: str | GeneralTracker, folder: Path) -> Iterator[None]:
    """Keep a tracker on this machine and in its folder, unless the user set its variables."""
    places = {
        "mlflow": {"MLFLOW_TRACKING_URI": f"sqlite:///{folder.resolve().as_posix()}/mlflow.db"},
        "wandb": {
            "WANDB_DIR": str(folder.resolve()),
            "WANDB_CACHE_DIR": str(folder.resolve() / "wandb" / "cache"),
        },
    }
    name = tracker if isinstance(tracker, str) else ""
    wanted = UNTRACKED.get(name, {}) | places.get(name, {})
    missing = {key: value for key, value in wanted.items() if key not in os.environ}
    os.environ.update(missing)
    try:
        yield
    finally:
        for key in missing:
            os.environ.pop(key, None)


def _flat(values: dict[str, Any], prefix: str = "") -> dict[str, bool | int | float | str]:
    """Return nested settings as `training.epochs` -> value, lists and None as text."""
    flat: dict[str, bool | int | float | str] = {}
    for name, value in values.items():
        if isinstance(value, dict):
            flat |= _flat(value, f"{prefix}{name}.")
        else:
            plain = isinstance(value, bool | int | float | str)
            flat[f"{prefix}{name}"] = value if plain else str(value)
    return flat
