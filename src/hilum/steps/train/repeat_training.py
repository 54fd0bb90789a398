"""Repeat a training: one recipe trained from several seeds, and how far their metrics spread."""

from __future__ import annotations

from pathlib import Path

from hilum.errors import RunError, UsageError
from hilum.learn.device import make_accelerator
from hilum.progress import SILENT, FollowedBy, Progress
from hilum.recipe import Recipe, as_recipe, dump_recipe
from hilum.run import RUN_MARKS, Run, write_json
from hilum.run.environment import describe_environment
from hilum.run.network import REPEATED
from hilum.splits import SplitRules
from hilum.steps.evaluate import evaluate
from hilum.steps.train.checks import check_training
from hilum.steps.train.members import (
    MemberTraining,
    Start,
    finish_members,
    train_members,
    weights_location,
)
from hilum.steps.train.options import TrainOptions
from hilum.steps.train.ready import ReadyTraining, checked_training
from hilum.storage.atomic import new_folder, write_text
from hilum.storage.lock import exclusive_output
from hilum.table import SliceTable, write_table

__all__ = ["repeat_training", "resume_repeated"]

FEWEST = 2
SAME = ("Border alone", "Leak")
"""What a training reports that doesn't depend on its seed, besides `SAID_ONCE`."""


def repeat_training(
    table: SliceTable | Path | str,
    recipe: Recipe | Path | str,
    *,
    seeds: int,
    out: Path | str,
    options: TrainOptions | None = None,
    progress: Progress = SILENT,
) -> Run:
    """Train the recipe from several seeds on the same split, and evaluate each training.

    The seeds are the recipe's own and those that follow it. A seed decides how the head of the
    network begins, the order of the slices and how they are augmented; slices, split and weights
    are the same. Nothing is written before every slice and setting was checked.

    Args:
        table: a slice table with its `split` column filled, or the path of one.
        recipe: a recipe, the name of a built-in one, or the path of a TOML file.
        seeds: how many trainings; at least 2.
        out: the run folder to make; the trainings are run folders in `members/` of it.
        options: weights, leaky and force, as in `hilum.train`; None: the defaults.
        progress: receives the progress.

    Returns:
        the finished run: metrics.json with the test metrics of each training, their mean, standard
        deviation and range, and seeds.csv; see `hilum.evaluate`.

    Raises:
        UsageError: fewer than two seeds.
        HilumError: the first thing that is wrong, in one sentence.
        KeyboardInterrupt: stopped; `hilum.resume` goes on.
    """
    if seeds < FEWEST:
        raise UsageError(f"a repeated training needs at least {FEWEST} seeds; got {seeds}.")
    folder, chosen = Path(out), options or TrainOptions()
    settings = as_recipe(recipe)
    with exclusive_output(folder, "hilum train"):
        full_table, settings = check_training(
            table, settings, out=folder, leaky=chosen.leaky, force=chosen.force
        )
        first = settings.training.seed
        progress.say(
            f"{seeds} trainings of one recipe, seeds {first} to {first + seeds - 1}; slices and "
            f"split are the same."
        )
        with checked_training(
            full_table, settings, out=folder, weights=chosen.weights,
            rules=SplitRules(leaky=chosen.leaky), progress=_BarsAlone(progress),
        ) as ready:  # fmt: skip
            if ready.prepared.accelerator.is_main_process:
                _begin(folder, ready, settings, seeds, chosen)
            ready.prepared.accelerator.wait_for_everyone()
        return _go_on(Run(folder), progress)


def resume_repeated(folder: Path | str, *, progress: Progress = SILENT) -> Run:
    """Go on with an interrupted repeated training: its open seed, further ones, the metrics.

    Raises:
        UsageError: it is finished already.
        RunError: what it went on from is missing or broken.
    """
    run = Run(Path(folder))
    if run.finished:
        raise UsageError(f"the training in {run.folder} is finished; there is nothing to resume.")
    with exclusive_output(run.folder, "hilum train"):
        return _go_on(run, progress)


class _BarsAlone:
    """Shows tasks and no sentences: the first training will say them."""

    def __init__(self, progress: Progress) -> None:
        self.progress = progress

    def advance(self, task: str, done: int, total: int) -> None:
        """Report the task."""
        self.progress.advance(task, done, total)

    def say(self, sentence: str) -> None:
        """Say nothing."""


def _begin(
    folder: Path, ready: ReadyTraining, recipe: Recipe, seeds: int, options: TrainOptions
) -> None:
    """Make the run folder with all that is known before the first training."""
    prepared = ready.prepared
    title = prepared.recipe.title or prepared.recipe.network.backbone
    content = {
        "kind": REPEATED,
        "title": f"{title}, {seeds} seeds",
        "class_names": list(prepared.recipe.classes.names),
        "positive": prepared.recipe.classes.positive,
        "input": prepared.recipe.input.facts,
        "seeds": [recipe.training.seed + number for number in range(seeds)],
    }
    with new_folder(folder, force=options.force, marks=RUN_MARKS) as draft:
        run = Run(draft)
        write_text(run.recipe_file, dump_recipe(recipe))
        write_json(content, run.network_file)
        write_json(describe_environment(), run.environment_file)
        where = weights_location(options.weights)
        Start(where, prepared.weights.sha256, options.leaky).write(run)
        write_table(ready.table, run.table_file)


def _go_on(run: Run, progress: Progress) -> Run:
    """Train the seeds that are left, then evaluate them all."""
    recipe, table, seeds = run.recipe(), run.table(), run.network().get("seeds")
    if not isinstance(seeds, list) or not seeds:
        raise RunError(f"{run.folder} does not list its seeds: it is not a complete run folder.")
    members = [
        MemberTraining(
            f"seed-{seed}", f"seed {seed}, {number} of {len(seeds)}", {"seed": seed}, table,
            recipe.model_copy(
                update={"training": recipe.training.model_copy(update={"seed": seed})}
            ),
        )
        for number, seed in enumerate(seeds, start=1)
    ]  # fmt: skip
    following = FollowedBy(progress, len(table) * len(members))
    runs = train_members(run, members, following, once=SAME)
    accelerator = make_accelerator()
    if accelerator.is_main_process:
        # metrics.json comes last: by it the training is known to be finished
        finish_members(run, members, runs, table="seeds.csv")
        evaluate(run, progress=progress)
    accelerator.wait_for_everyone()
    return run
