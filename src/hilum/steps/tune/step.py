"""Tune: short trainings of one recipe with other hyperparameters; the best becomes a recipe.

Trials are judged on the validation slices only. The test slices are not even read.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from hilum.errors import RunError, UsageError
from hilum.learn.prepare_training import prepare_network
from hilum.processes import rank_and_count
from hilum.progress import SILENT, Prefixed, Progress
from hilum.recipe import Recipe, as_recipe, dump_recipe, parse_recipe
from hilum.splits import check_splits
from hilum.steps.classes import fill_classes
from hilum.steps.tune.knobs import choose_knobs
from hilum.steps.tune.study import ask, finished_trials, open_study
from hilum.steps.tune.trial import Workbench, run_trial, trial_row
from hilum.storage.atomic import write_text
from hilum.storage.lock import exclusive_folder
from hilum.table import SliceTable, as_table, refuse_own_slices, write_csv

if TYPE_CHECKING:
    import optuna

__all__ = ["Tuned", "tune"]

TRIALS = 20
STUDY_FILE, TRIALS_FILE, RECIPE_FILE = "study.db", "trials.csv", "recipe.toml"
LOCK_FILE = "study.lock"


@dataclass(frozen=True)
class Tuned:
    """The result of a tuning.

    Attributes:
        folder: holds `recipe.toml`, `trials.csv` and `study.db`.
        recipe: the best trial's, complete.
        best: its number, from 1; trial 1 is the unchanged recipe.
        trials: the rows of trials.csv, see `docs/reference/files.md`.
    """

    folder: Path
    recipe: Recipe
    best: int
    trials: pd.DataFrame


def tune(
    table: SliceTable | Path | str,
    recipe: Recipe | Path | str,
    *,
    out: Path | str,
    trials: int = TRIALS,
    knobs: Iterable[str] = (),
    weights: Path | str | None = None,
    progress: Progress = SILENT,
) -> Tuned:
    """Train `recipe` repeatedly with other hyperparameters, and write the best as a recipe.

    Trials are compared by validation AUC, ties by the lower validation loss, both at the epoch that
    training would keep. The first trial is the unchanged recipe, so the best is never worse on
    validation. An interrupted tuning resumes when it is called again: completed trials count, the
    interrupted one is repeated.

    Args:
        table: a slice table with its `split` column filled, or the path of one.
        recipe: a recipe, the name of a built-in one, or the path of a TOML file.
        out: the folder to create or to resume in.
        trials: total number, those of earlier calls included.
        knobs: hyperparameters to tune, names of `knobs.toml`; none: all of them.
        weights: see `hilum.learn.weights.find_weights`.
        progress: receives messages and progress.

    Raises:
        HilumError: the first thing that is wrong, in one sentence.
        KeyboardInterrupt: stopped; call again to resume.
    """
    folder = Path(out)
    if trials < 1:
        raise UsageError(f"at least one trial is needed; got {trials}.")
    if rank_and_count()[1] > 1:
        raise UsageError("tuning runs in one process; start it without accelerate launch.")
    _refuse_foreign(folder)
    bench = _prepare(as_table(table), recipe, list(knobs), weights, folder)
    seed = bench.recipe.training.seed
    with (
        exclusive_folder(folder, LOCK_FILE, "hilum tune"),
        open_study(folder / STUDY_FILE, bench.about()) as study,
        bench,
    ):
        progress.say(bench.beginning())
        while (done := len(finished_trials(study))) < trials:
            trial, values = ask(study, bench.spaces, bench.own, seed=seed)
            run_trial(
                study, trial, values, bench, Prefixed(progress, f"trial {done + 1} of {trials}")
            )
            _write(study, bench, folder)
        tuned = _write(study, bench, folder)
    if tuned is None:
        raise RunError(
            "no trial completed, not even the unchanged recipe: try it with hilum train."
        )
    return tuned


def _prepare(
    table: SliceTable,
    recipe: Recipe | Path | str,
    names: list[str],
    weights: Path | str | None,
    folder: Path,
) -> Workbench:
    """Check everything that can be checked before the first trial."""
    refuse_own_slices(table, folder)
    used = table.where(table.rows["split"] != "")
    filled = fill_classes(as_recipe(recipe), used if len(used) else table)
    used = replace(used, harmonised=filled.input.harmonise)
    check_splits(used if len(used) else table)
    knobs = choose_knobs(names)
    _, filled, start = prepare_network(filled, weights)
    left_out = ""
    if not start.pretrained:
        if names == ["frozen"]:
            raise UsageError(
                "random weights are always trained completely, so the knob 'frozen' has no "
                "effect; give --weights, or other knobs."
            )
        knobs = [knob for knob in knobs if knob.name != "frozen"]
        left_out = " Random weights: the whole network is trained, and frozen is not tuned."
    seen = used.where(used.rows["split"].isin(["train", "validation"]))
    return Workbench(seen, used, filled, start, knobs, left_out)


def _refuse_foreign(folder: Path) -> None:
    """Refuse a folder with other contents than a study."""
    if folder.is_file():
        raise UsageError(f"{folder} is a file; choose another name.")
    others = folder.is_dir() and any(path.name != LOCK_FILE for path in folder.iterdir())
    if others and not (folder / STUDY_FILE).is_file():
        raise UsageError(f"{folder} exists already and holds no {STUDY_FILE}; choose another name.")


def _write(study: optuna.Study, bench: Workbench, folder: Path) -> Tuned | None:
    """Write trials.csv and the best recipe so far; return the result, if there is one."""
    done = finished_trials(study)
    recipes = [parse_recipe(one.user_attrs["recipe"], name="a trial's recipe") for one in done]
    finished = [n for n, one in enumerate(done) if one.user_attrs["state"] == "finished"]
    best = max(finished, key=lambda n: (done[n].value or 0.0, -n), default=None)
    rows = pd.DataFrame(
        [
            trial_row(n + 1, one, recipe)
            for n, (one, recipe) in enumerate(zip(done, recipes, strict=True))
        ]
    )
    rows.insert(1, "best", [int(n == best) for n in range(len(done))])
    write_csv(rows, folder / TRIALS_FILE)
    if best is None:
        return None
    title = f"{bench.recipe.title or bench.recipe.network.backbone}, tuned"
    recipe = recipes[best].model_copy(update={"title": title})
    write_text(folder / RECIPE_FILE, _heading(rows, best, bench) + dump_recipe(recipe))
    return Tuned(folder, recipe, best + 1, rows)


def _heading(rows: pd.DataFrame, best: int, bench: Workbench) -> str:
    """Return the comment on top of the recipe: its origin, and how far to trust it."""
    row = rows.iloc[best]
    return (
        f"# Tuned: trial {row['trial']} of {len(rows)} on {bench.table.name}, validation AUC "
        f"{row['validation_auc']:.4f}, loss {row['validation_loss']:.4f}.\n# The best of "
        f"{len(rows)} is optimistic, since its validation metrics selected it: evaluate it on the "
        "test slices, once.\n"
    )
