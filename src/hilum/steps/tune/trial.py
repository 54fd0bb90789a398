"""One trial of a tuning: a recipe with other hyperparameters, trained and judged."""

from __future__ import annotations

import hashlib
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from hilum.audit import judge_design
from hilum.errors import RecipeError, RunError
from hilum.learn.checkpoint import TrainingProgress
from hilum.learn.networks import freeze_point_near
from hilum.learn.weights import Weights
from hilum.prepare import Decoded, decode_table
from hilum.progress import Progress
from hilum.recipe import Recipe, dump_recipe
from hilum.steps.train.step import try_recipe
from hilum.steps.tune.knobs import Knob, all_knobs, apply_values, own_values, spaces_of
from hilum.steps.tune.study import objective
from hilum.table import SliceTable

if TYPE_CHECKING:
    import optuna

__all__ = ["Workbench", "knob_cells", "run_trial", "trial_row"]

NEVER = -1.0
"""Value of a trial without a network: below any AUC."""


@dataclass
class Workbench:
    """What all trials share; a context manager that keeps decoded slices until it ends.

    Attributes:
        table: slices of the splits train and validation, and no others.
        full_table: the table that contains them.
        recipe: the complete recipe to tune.
        start: its backbone's initial weights.
        knobs: those to tune.
        left_out: a sentence on those that can't be tuned, or "".
    """

    table: SliceTable
    full_table: SliceTable
    recipe: Recipe
    start: Weights
    knobs: list[Knob]
    left_out: str
    stack: ExitStack = field(default_factory=ExitStack)
    decoded: dict[int, Decoded] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.spaces = spaces_of(self.knobs, self.recipe)
        self.own = own_values(self.knobs, self.recipe)
        self.freeze_point_at = cache(
            lambda share: freeze_point_near(self.recipe, self.start, share=share)
        )

    def __enter__(self) -> Workbench:
        return self

    def __exit__(self, *_: object) -> None:
        self.decoded.clear()
        self.stack.close()

    def at_size(self, size: int, progress: Progress) -> Decoded:
        """Return the slices at one size; each size is decoded once."""
        if size not in self.decoded:
            opened = decode_table(
                self.table, size=size, full_table=self.full_table, progress=progress
            )
            self.decoded[size] = self.stack.enter_context(opened)
        return self.decoded[size]

    def pairs(self) -> int:
        """Return the number of pairs of a positive and a negative validation slice."""
        labels = self.table.rows.loc[self.table.rows["split"] == "validation", "label"]
        positive = int((labels == self.recipe.classes.positive).sum())
        return positive * (len(labels) - positive)

    def about(self) -> dict[str, str]:
        """Return what trials depend on: a study can only be resumed with the same."""
        rows = self.table.rows[["slice_id", "path", "label", "group", "split", "window"]]
        return {
            "table": hashlib.sha256(rows.to_csv(index=False).encode()).hexdigest(),
            "recipe": dump_recipe(self.recipe),
            "start (--weights)": self.start.sha256 or self.start.origin,
            "choice of knobs": ", ".join(knob.name for knob in self.knobs),
        }

    def beginning(self) -> str:
        """Report what is tuned, and how it is judged."""
        names = ", ".join(knob.name for knob in self.knobs)
        verdict = judge_design(self.table, positive=self.recipe.classes.positive)
        return (
            f"Weights: {self.start.origin}. Knobs: {names}.{self.left_out} Judged by validation "
            f"AUC, then loss; the test slices are not read. Design: {verdict.level}. "
            f"{verdict.sentence}"
        )


class _Judge:
    """Judges a training after each epoch, as `hilum.learn.fit.TrainingJob.after_epoch`.

    `kept` is the row of history of the epoch that the training would keep.
    """

    def __init__(self, trial: optuna.Trial, epochs: int, pairs: int) -> None:
        self.trial, self.epochs, self.pairs = trial, epochs, pairs
        self.kept: dict[str, float] = {}
        self.done, self.stopped = 0, False

    def __call__(self, trained: TrainingProgress) -> bool:
        """Report the epoch; return whether the training should continue."""
        self.kept, self.done = trained.history[trained.best_epoch - 1], trained.epochs
        self.trial.report(self.value(), trained.epochs)
        self.stopped = trained.epochs < self.epochs and self.trial.should_prune()
        return not self.stopped

    def value(self) -> float:
        """Return the objective of the kept epoch."""
        auc, loss = self.kept["validation_auc"], self.kept["validation_loss"]
        return objective(auc, loss, pairs=self.pairs)


def run_trial(
    study: optuna.Study,
    trial: optuna.Trial,
    values: dict[str, float | str],
    bench: Workbench,
    progress: Progress,
) -> None:
    """Train once and report the result to the study; nothing else is written.

    The trial's user attributes: `state` (see `hilum.steps.tune.study.STATES`), `recipe` (TOML),
    `kept` (the row of history of the epoch that training would keep), `epochs`, `seconds`.
    """
    began, state, chosen = time.perf_counter(), "finished", bench.recipe
    judge = _Judge(trial, bench.recipe.training.epochs, bench.pairs())
    try:
        chosen = apply_values(bench.recipe, values, bench.freeze_point_at)
        progress.say(_settings(chosen, bench.knobs))
        try_recipe(
            bench.table, chosen, start=bench.start, after_epoch=judge, progress=progress,
            decoded=bench.at_size(chosen.input.size, progress),
        )  # fmt: skip
    except (RecipeError, RunError) as error:
        state = "refused" if isinstance(error, RecipeError) else "diverged"
        progress.say(f"{state}: {error}")
    state = "stopped" if judge.stopped else state
    attributes = {
        "state": state,
        "recipe": dump_recipe(chosen),
        "kept": judge.kept if state in ("finished", "stopped") else {},
        "epochs": judge.done,
        "seconds": round(time.perf_counter() - began, 1),
    }
    for key, value in attributes.items():
        trial.set_user_attr(key, value)
    _tell(study, trial, judge, state)
    if state == "stopped":
        progress.say("stopped: worse than half of the trials before it at the same epoch")


def _tell(study: optuna.Study, trial: optuna.Trial, judge: _Judge, state: str) -> None:
    """End the trial in the study."""
    from optuna.trial import TrialState

    if state == "stopped":
        study.tell(trial, state=TrialState.PRUNED)
    else:
        study.tell(trial, judge.value() if state == "finished" else NEVER)


def trial_row(number: int, trial: optuna.trial.FrozenTrial, recipe: Recipe) -> dict[str, Any]:
    """Return the row of trials.csv of one trial, its `recipe` read from its user attributes.

    Every knob has its column, tuned or not; a metric that was not reached is missing.
    """
    attributes = trial.user_attrs
    figures = ("validation_auc", "validation_loss", "validation_accuracy")
    return {
        "trial": number,
        "state": attributes["state"],
        **{
            name: round(attributes["kept"][name], 6) if attributes["kept"] else None
            for name in figures
        },
        "epochs": attributes["epochs"],
        "seconds": attributes["seconds"],
        **knob_cells(recipe, list(all_knobs().values())),
    }


def _settings(recipe: Recipe, knobs: list[Knob]) -> str:
    """Describe the values of the knobs in one line."""
    return ", ".join(f"{name} {value}" for name, value in knob_cells(recipe, knobs).items())


def knob_cells(recipe: Recipe, knobs: list[Knob]) -> dict[str, str]:
    """Return setting -> value of each knob, as text; lists with spaces between."""
    cells = {}
    for knob in knobs:
        section, _, key = knob.sets.partition(".")
        value = getattr(getattr(recipe, section), key)
        many = value if isinstance(value, tuple) else (value,)
        cells[key] = " ".join(f"{v:.3g}" if isinstance(v, float) else str(v) for v in many)
        cells[key] = cells[key] or "none"
    return cells
