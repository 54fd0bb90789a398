"""The study of a tuning: its trials and their values, stored by Optuna in one SQLite file.

Each trial's values depend on the seed and the trials finished before it, so that an interrupted and
resumed tuning runs the same trials as an uninterrupted one.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from hilum.errors import RunError, UsageError

if TYPE_CHECKING:
    import optuna

    from hilum.steps.tune.knobs import Space

__all__ = ["STATES", "ask", "finished_trials", "objective", "open_study"]

NAME = "hilum"
ABOUT = "about"
DRAWN = 5
"""Random trials before the sampler learns from them and weak ones may be stopped: a quarter of
20."""
UNJUDGED_EPOCHS = 1
"""Epochs before a trial may be stopped: in the first the learning rate still rises."""
STATES = ("finished", "stopped", "diverged", "refused")
"""Final states of a trial: completed; stopped, being worse than half of the others at the same
epoch; diverged; the network can't be built."""


@contextmanager
def open_study(path: Path, about: Mapping[str, str]) -> Iterator[optuna.Study]:
    """Yield the study in the file `path`, a new one if there is none, ready to continue.

    A trial that was interrupted is marked as failed.

    Args:
        path: the SQLite file.
        about: description of what the trials depend on -> its value.

    Raises:
        UsageError: Optuna is not installed, or the study is of something else.
        RunError: the file is no study.
    """
    optuna = _optuna()
    from sqlalchemy.engine import URL
    from sqlalchemy.exc import SQLAlchemyError

    verbosity = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        url = URL.create("sqlite", database=str(path)).render_as_string()
        storage = optuna.storages.RDBStorage(url)
        study = optuna.create_study(
            storage=storage, study_name=NAME, direction="maximize", load_if_exists=True,
            pruner=optuna.pruners.MedianPruner(DRAWN, UNJUDGED_EPOCHS + 1),
        )  # fmt: skip
    except (SQLAlchemyError, RuntimeError) as error:
        reason = str(error).strip().splitlines()[0]
        raise RunError(f"{path} is not a study of `hilum tune`: {reason}.") from None
    finally:
        optuna.logging.set_verbosity(verbosity)
    try:
        _check_about(study, about, path)
        for trial in study.get_trials(states=(optuna.trial.TrialState.RUNNING,)):
            study.tell(trial.number, state=optuna.trial.TrialState.FAIL)
        yield study
    finally:
        storage.remove_session()
        storage.engine.dispose()


def finished_trials(study: optuna.Study) -> list[optuna.trial.FrozenTrial]:
    """Return the trials that count, completed or stopped, in their order."""
    from optuna.trial import TrialState

    return study.get_trials(states=(TrialState.COMPLETE, TrialState.PRUNED))


def ask(
    study: optuna.Study,
    spaces: Mapping[str, Space],
    own: Mapping[str, float | str],
    *,
    seed: int,
) -> tuple[optuna.Trial, dict[str, float | str]]:
    """Return the next trial and its values; those of the first are `own`: the unchanged recipe."""
    import optuna

    done = len(finished_trials(study))
    drawn = int(np.random.SeedSequence([seed, done]).generate_state(1)[0])
    study.sampler = optuna.samplers.TPESampler(seed=drawn, n_startup_trials=DRAWN)
    waiting = study.get_trials(states=(optuna.trial.TrialState.WAITING,))
    if not done and not waiting:
        study.enqueue_trial(dict(own))
    trial = study.ask()
    values = {name: _suggest(trial, name, space) for name, space in spaces.items()}
    return trial, values


def objective(auc: float, loss: float, *, pairs: int) -> float:
    """Return one number by which trials are compared: the AUC first, then the lower loss.

    Two AUCs over the same `pairs` of a positive and a negative slice differ by at least 1 / (2
    pairs); the loss subtracts less than half of that. An undefined AUC counts as 0.
    """
    off = loss / (1 + loss) if math.isfinite(loss) else 1.0
    return (0.0 if math.isnan(auc) else auc) - off / (4 * max(pairs, 1))


def _optuna() -> Any:
    """Return Optuna, or raise an error with how to install it."""
    try:
        import optuna
    except ModuleNotFoundError:
        raise UsageError(
            "tuning needs optuna, which is not installed: pip install 'hilum[tune]'."
        ) from None
    return optuna


def _check_about(study: optuna.Study, about: Mapping[str, str], path: Path) -> None:
    """Refuse a study of something else than what is requested now."""
    about_text = study.user_attrs.get(ABOUT)
    if about_text is None:
        study.set_user_attr(ABOUT, dict(about))
        return
    other = [name for name in about if about_text.get(name) != about[name]]
    if other:
        raise UsageError(
            f"{path} holds trials with another {' and another '.join(other)}; continue with the "
            "same, or choose another folder."
        )


def _suggest(trial: optuna.Trial, name: str, space: Space) -> float | str:
    """Return a suggested value of one knob."""
    if isinstance(space[0], str):
        return str(trial.suggest_categorical(name, space))
    low, high = space
    return float(trial.suggest_float(name, float(low), float(high), log=True))
