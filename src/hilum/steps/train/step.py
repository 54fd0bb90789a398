"""Train: a table and a recipe in, a run folder with the best epoch's network out."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

from hilum.errors import RunError, UsageError
from hilum.learn.checkpoint import TrainingProgress, best_weights, save_weights
from hilum.learn.fit import TrainingJob, fit
from hilum.learn.frozen.plan import TrainingPlan, training_plan
from hilum.learn.networks import cam_layer, count_parameters
from hilum.learn.onnx.export import write_run_onnx
from hilum.learn.prepare_training import (
    Prepared,
    prepare_resumed,
    prepare_training,
    scale_by_training_mean,
    training_job,
)
from hilum.learn.trackers.tracked import tracker_of_run
from hilum.learn.weights import Weights
from hilum.prepare import Decoded, decode_table
from hilum.progress import SILENT, Progress
from hilum.recipe import Recipe, dump_recipe
from hilum.run import RUN_MARKS, Run, write_json
from hilum.run.environment import describe_environment
from hilum.splits import SplitRules
from hilum.steps.train.ready import ready_training
from hilum.storage.atomic import new_folder, write_text
from hilum.storage.lock import exclusive_output
from hilum.table import SliceTable, write_csv, write_table

__all__ = ["resume", "train", "train_member", "try_recipe"]

START = "start.safetensors"
"""The network before its first step, which `resume` loads if no epoch was completed."""
CHECKED = 4
"""Number of validation slices on which the exported network must agree with torch."""


def train(
    table: SliceTable | Path | str,
    recipe: Recipe | Path | str,
    *,
    out: Path | str,
    weights: Path | str | None = None,
    leaky: bool = False,
    force: bool = False,
    progress: Progress = SILENT,
) -> Run:
    """Train the recipe's network on the table's train split and return the finished run.

    Nothing is written before table, splits, recipe, weights and every slice have been checked.

    Args:
        table: a slice table with its `split` column filled, or the path of one.
        recipe: a recipe, the name of a built-in one, or the path of a TOML file.
        out: the run folder to create.
        weights: see `hilum.learn.weights.find_weights`.
        leaky: train although groups are in more than one split; all results will say so.
        force: replace an existing folder at `out`.
        progress: receives messages and progress.

    Raises:
        HilumError: the first thing that is wrong, in one sentence.
        KeyboardInterrupt: stopped; continue with `resume`.
    """
    return _checked_and_trained(
        table, recipe, out=Path(out), weights=weights, rules=SplitRules(leaky=leaky), force=force,
        progress=progress,
    )  # fmt: skip


def train_member(
    table: SliceTable,
    recipe: Recipe,
    *,
    out: Path,
    weights: Path | str | None,
    rules: SplitRules,
    progress: Progress,
) -> Run:
    """Train as `train` does, one of several runs in a run.

    Args:
        rules: what the splits of its table may lack.

    Other Args, Raises: see `train`.
    """
    return _checked_and_trained(
        table, recipe, out=out, weights=weights, rules=rules, force=False, progress=progress
    )


def _checked_and_trained(
    table: SliceTable | Path | str,
    recipe: Recipe | Path | str,
    *,
    out: Path,
    weights: Path | str | None,
    rules: SplitRules,
    force: bool,
    progress: Progress,
) -> Run:
    """Check everything, then train."""
    with ready_training(
        table, recipe, out=out, weights=weights, rules=rules, force=force, progress=progress
    ) as ready:
        accelerator = ready.prepared.accelerator
        if accelerator.is_main_process:
            _begin(out, ready.table, ready.prepared, force=force)
        accelerator.wait_for_everyone()
        return _train(Run(out), ready.job, ready.plan, ready.prepared, progress)


def resume(folder: Path | str, *, progress: Progress = SILENT) -> Run:
    """Resume an interrupted training from its last complete epoch, and finish it.

    Raises:
        UsageError: `folder` is no run folder, or its training is finished already.
        RunError: the checkpoint is missing or damaged.
    """
    run = Run(Path(folder))
    if not run.network_file.is_file():
        raise UsageError(f"{run.folder} is not a run folder: it has no {run.network_file.name}.")
    if run.finished:
        raise UsageError(f"the training in {run.folder} is finished; there is nothing to resume.")
    with exclusive_output(run.folder, "hilum train"):
        recipe, used, content = run.recipe(), run.table(), run.network()
        if not (run.checkpoint / START).is_file():
            raise RunError(f"{run.checkpoint} lacks {START}; the training must be started again.")
        scaling = tuple(content["input"]["mean"]), tuple(content["input"]["std"])
        prepared = prepare_resumed(recipe, scaling, run.checkpoint / START)
        with decode_table(used, size=recipe.input.size, progress=progress) as decoded:
            job = training_job(prepared, used, decoded)
            with training_plan(job, prepared.accelerator) as plan:
                return _train(run, job, plan, prepared, progress)


def try_recipe(
    table: SliceTable,
    recipe: Recipe,
    *,
    start: Weights,
    decoded: Decoded,
    after_epoch: Callable[[TrainingProgress], bool],
    progress: Progress = SILENT,
) -> TrainingProgress:
    """Train as `train` does, without writing anything, and return the history.

    Args:
        table: slices of the splits train and validation.
        recipe: a complete one, with the table's classes.
        start: the backbone's initial weights.
        decoded: the table's slices at the recipe's size.
        after_epoch: called after each epoch; the training stops if it returns False.
        progress: receives messages and progress.
    """
    prepared = prepare_training(recipe, start)
    scale_by_training_mean(prepared, table, decoded)
    job = training_job(prepared, table, decoded)
    job.after_epoch = after_epoch
    with training_plan(job, prepared.accelerator) as plan:
        job.feed = plan.feed
        return fit(job, prepared.accelerator, progress)


def _begin(folder: Path, table: SliceTable, prepared: Prepared, *, force: bool) -> None:
    """Write the run folder with everything known before the first step."""
    with new_folder(folder, force=force, marks=RUN_MARKS) as draft:
        run = Run(draft)
        write_text(run.recipe_file, dump_recipe(prepared.recipe))
        write_json(_network_json(prepared, table), run.network_file)
        write_json(_environment_json(prepared), run.environment_file)
        run.checkpoint.mkdir()
        save_weights(prepared.network, run.checkpoint / START)
        write_table(table, run.table_file)


def _network_json(prepared: Prepared, table: SliceTable) -> dict[str, Any]:
    """Return everything needed for prediction except the weights."""
    recipe, network = prepared.recipe, prepared.network
    total, trained = count_parameters(network)
    mean, std = network.scaling
    return {
        "backbone": recipe.network.backbone,
        "title": recipe.title or recipe.network.backbone,
        "timm": recipe.timm_name,
        "class_names": list(recipe.classes.names),
        "positive": recipe.classes.positive,
        "input": {**recipe.input.facts, "mean": list(mean), "std": list(std)},
        "windows": sorted(set(table.rows["window"]) - {""}),
        "train_from": recipe.network.train_from,
        "parameters": {"total": total, "trained": trained},
        "cam_layer": cam_layer(recipe),
    }


def _environment_json(prepared: Prepared) -> dict[str, Any]:
    """Return versions, machine, command, seed and origin of the weights."""
    start, accelerator = prepared.weights, prepared.accelerator
    return {
        **describe_environment(),
        "device": accelerator.device.type,
        "precision": prepared.precision,
        "precision_reason": prepared.precision_reason,
        "processes": accelerator.num_processes,
        "seed": prepared.recipe.training.seed,
        "weights": {
            "network": start.network,
            "origin": start.origin,
            "sha256": start.sha256,
            "pretrained": start.pretrained,
            "licence": start.licence,
        },
    }


def _train(
    run: Run, job: TrainingJob, plan: TrainingPlan, prepared: Prepared, progress: Progress
) -> Run:
    """Train the remaining epochs and finish the run."""
    if plan.sentence:
        progress.say(plan.sentence)
    job.folder, job.feed, job.frozen_seconds = run.checkpoint, plan.feed, plan.frozen_seconds
    with tracker_of_run(run.folder, job.recipe) as job.after_epoch:
        trained = fit(job, prepared.accelerator, progress)
    if prepared.accelerator.is_main_process:
        _finish(run, trained)
        if sentence := write_run_onnx(run, job.validation.take(slice(CHECKED))):
            progress.say(sentence)
    prepared.accelerator.wait_for_everyone()
    return run


def _finish(run: Run, trained: TrainingProgress) -> None:
    """Write history, time and the best epoch's network, its file last."""
    history = pd.DataFrame(trained.history)
    history["epoch"] = history["epoch"].astype(int)
    history["best"] = (history["epoch"] == trained.best_epoch).astype(int)
    write_csv(history.round(6), run.history_file)
    seconds = round(sum(row["seconds"] for row in trained.history), 1)
    write_json({**run.environment(), "seconds": seconds}, run.environment_file)
    best_weights(run.checkpoint, trained).replace(run.weights_file)
    shutil.rmtree(run.checkpoint)
