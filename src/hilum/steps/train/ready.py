"""A training that is ready to start: everything that can be checked was checked, nothing written.

`train` and `plan_training` both start here, so that a dry run refuses whatever a training refuses.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from hilum.audit import judge_design
from hilum.errors import RecipeError
from hilum.learn.fit import TrainingJob
from hilum.learn.frozen.plan import TrainingPlan, training_plan
from hilum.learn.prepare_training import (
    Prepared,
    prepare_training,
    scale_by_training_mean,
    training_job,
)
from hilum.learn.robust.stock import describe_sources
from hilum.learn.weights import Weights
from hilum.prepare import count_notes, decode_table, note_sentences
from hilum.processes import rank_and_count
from hilum.progress import Progress
from hilum.recipe import Classes, Recipe, as_recipe
from hilum.run import RUN_MARKS
from hilum.splits import SplitRules, find_leak
from hilum.steps.evaluate.border_probe import border_sentence
from hilum.steps.train.checks import check_inputs
from hilum.storage.atomic import refuse_existing
from hilum.storage.lock import exclusive_output
from hilum.table import SliceTable, as_table

__all__ = ["ReadyTraining", "checked_training", "ready_training"]


@dataclass(frozen=True)
class ReadyTraining:
    """Everything that a training needs before its first step.

    Attributes:
        table: the slices with a split.
        prepared: network, complete recipe, weights, device.
        job: network and decoded slices, without a folder for checkpoints.
        plan: whether the frozen part runs once.
    """

    table: SliceTable
    prepared: Prepared
    job: TrainingJob
    plan: TrainingPlan


@contextmanager
def ready_training(
    table: SliceTable | Path | str,
    recipe: Recipe | Path | str,
    *,
    out: Path,
    weights: Path | str | None,
    rules: SplitRules,
    force: bool,
    progress: Progress,
) -> Iterator[ReadyTraining]:
    """Yield a checked training, while its output and its decoded slices are locked.

    Nothing is written except to the cache.

    Args:
        rules: what the table's splits may lack.

    Other Args, Raises: see `hilum.train`.
    """
    refuse_existing(out, force=force, marks=RUN_MARKS)
    with (
        exclusive_output(out, "hilum train"),
        checked_training(
            as_table(table), as_recipe(recipe), out=out, weights=weights, rules=rules,
            progress=progress,
        ) as ready,
    ):  # fmt: skip
        yield ready


@contextmanager
def checked_training(
    table: SliceTable,
    recipe: Recipe,
    *,
    out: Path,
    weights: Path | str | None,
    rules: SplitRules,
    progress: Progress,
) -> Iterator[ReadyTraining]:
    """Yield a training that was checked, while its decoded slices are held.

    Args, Raises: see `ready_training`.
    """
    used, filled = check_inputs(table, recipe, out=out, rules=rules)
    _warn(used, filled, progress)
    prepared = prepare_training(filled, weights)
    progress.say(_beginning(prepared.recipe, prepared.weights))
    if prepared.measured:
        progress.say(prepared.measured)
    _check_share(used, prepared)
    with decode_table(used, size=prepared.recipe.input.size, progress=progress) as decoded:
        for sentence in note_sentences(count_notes(decoded.notes), len(used)):
            progress.say(sentence)
        scale_by_training_mean(prepared, used, decoded)
        job = training_job(prepared, used, decoded)
        if job.examples is not None:
            progress.say(describe_sources(job.examples, used, prepared.recipe))
        with training_plan(job, prepared.accelerator) as plan:
            if prepared.accelerator.is_main_process:
                names, positive = list(filled.classes.names), filled.classes.positive
                progress.say(border_sentence(used, decoded, names, positive))
            yield ReadyTraining(used, replace(prepared, recipe=plan.recipe), job, plan)


def _check_share(table: SliceTable, prepared: Prepared) -> None:
    """Refuse a training whose processes get single slices: batch norm can't train on them."""
    accelerator = prepared.accelerator
    batch = min(prepared.recipe.training.batch_size, int((table.rows["split"] == "train").sum()))
    if batch < 2 * accelerator.num_processes:
        raise RecipeError(
            f"[training] batch_size: every process needs two slices a step, and a batch of {batch} "
            f"gives {accelerator.num_processes} fewer; take fewer processes or a larger batch."
        )


def _beginning(recipe: Recipe, start: Weights) -> str:
    """Report the initial weights and the trained part of the network."""
    trained = recipe.network.train_from
    rest = "the whole network is trained" if trained == "all" else f"trained from {trained} on"
    alone = ""
    if "ACCELERATE_USE_CPU" in os.environ and rank_and_count()[1] == 1:
        alone = " (`accelerate launch --cpu` starts one process; --multi_gpu starts several.)"
    return f"Weights: {start.origin}; {rest}.{alone}"


def _warn(table: SliceTable, recipe: Recipe, progress: Progress) -> None:
    """Report the design verdict and leaks before any time is spent."""
    if recipe.classes.positive != Classes().positive:
        progress.say(f"Positive class: {recipe.classes.positive}.")
    verdict = judge_design(table, positive=recipe.classes.positive)
    progress.say(f"Design: {verdict.level}. {verdict.sentence}")
    leak = find_leak(table)
    if leak.groups:
        progress.say(f"Leak: {leak.sentence}")
