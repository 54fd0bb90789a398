"""Train: a table and a recipe in, a run folder with the best epoch's network out."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from accelerate import Accelerator

from hilum.audit import judge_design
from hilum.errors import RecipeError, RunError, UsageError
from hilum.learn.checkpoint import Trained, best_weights, load_weights, save_weights
from hilum.learn.data import Slices
from hilum.learn.device import choose_precision, make_accelerator
from hilum.learn.export import write_run_onnx
from hilum.learn.fit import Fitting, fit
from hilum.learn.frozen.plan import Plan, planned
from hilum.learn.networks import (
    Classifier,
    build_network,
    cam_layer,
    count_parameters,
    fill_network,
)
from hilum.learn.precision import settle_precision
from hilum.learn.weights import Weights, find_weights
from hilum.prepare import BATCH, Decoded, decode_table
from hilum.progress import SILENT, Progress
from hilum.recipe import Recipe, as_recipe, dump_recipe
from hilum.run import RUN_MARKS, Run, write_json
from hilum.run.environment import describe_environment
from hilum.splits import check_splits, find_leak
from hilum.steps.classes import fill_classes
from hilum.steps.evaluate.border_probe import border_sentence
from hilum.storage.atomic import new_folder, refuse_existing, write_text
from hilum.table import SliceTable, as_table, refuse_own_slices, write_csv, write_table

__all__ = ["resume", "train", "try_recipe"]

START = "start.safetensors"
"""The network before its first step: what `resume` begins with if no epoch was finished."""
CHECKED = 4
"""Validation slices on which the exported network must say what torch says."""


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

    Nothing is written before everything that can be checked was checked: table, splits, recipe,
    weights, every slice.

    Args:
        table: a slice table with its `split` column filled, or the path of one.
        recipe: a recipe, the name of a built-in one, or the path of a TOML file.
        out: the run folder to make.
        weights: see `hilum.learn.weights.find_weights`.
        leaky: train although groups are in more than one split; all figures will say so.
        force: replace a folder that stands at `out`.
        progress: told what is going on.

    Raises:
        HilumError: the first thing that is wrong, in one sentence.
        KeyboardInterrupt: stopped; go on with `resume`.
    """
    folder = Path(out)
    refuse_existing(folder, force=force, marks=RUN_MARKS)
    whole = as_table(table)
    refuse_own_slices(whole, folder)
    used = whole.where(whole.rows["split"] != "")
    filled = fill_classes(as_recipe(recipe), used if len(used) else whole)
    check_splits(used if len(used) else whole, leaky=leaky)
    _warn(used, filled, progress)
    start = find_weights(filled.timm_name, weights)
    torch.manual_seed(filled.training.seed)
    network = build_network(filled, start, classes=len(filled.classes.names))
    filled = fill_network(filled, start, network)
    progress.say(_beginning(filled, start))
    filled, measured = settle_precision(network, filled)
    if measured:
        progress.say(measured)
    accelerator = make_accelerator(filled.training.precision)
    _check_share(used, filled, accelerator)
    with decode_table(used, size=filled.input.size, progress=progress) as decoded:
        if filled.input.scaling == "train-mean":
            network.scale((_train_mean(used, decoded),) * 3, (1 / 255,) * 3)
        fitting = _fitting(used, decoded, filled, network)
        with planned(network, filled, (fitting.train, fitting.validation), accelerator) as plan:
            if accelerator.is_main_process:
                names, positive = list(filled.classes.names), filled.classes.positive
                progress.say(border_sentence(used, decoded, names, positive))
                _begin(folder, used, plan.recipe, network, start, accelerator, force=force)
            accelerator.wait_for_everyone()
            return _train(Run(folder), fitting, plan, accelerator, progress)


def resume(folder: Path | str, *, progress: Progress = SILENT) -> Run:
    """Go on with a training that was interrupted, from its last whole epoch, and finish it.

    Raises:
        UsageError: `folder` is no run folder, or its training is finished already.
        RunError: what it went on from is missing or broken.
    """
    run = Run(Path(folder))
    if not run.network_file.is_file():
        raise UsageError(f"{run.folder} is not a run folder: it has no {run.network_file.name}.")
    if run.finished:
        raise UsageError(f"the training in {run.folder} is finished; there is nothing to resume.")
    recipe, used, told = run.recipe(), run.table(), run.network()
    if not (run.checkpoint / START).is_file():
        raise RunError(f"{run.checkpoint} lacks {START}; the training must be started again.")
    mean, std = tuple(told["input"]["mean"]), tuple(told["input"]["std"])
    start = Weights(recipe.timm_name, None, "", "", mean, std)
    torch.manual_seed(recipe.training.seed)
    network = build_network(recipe, start, classes=len(recipe.classes.names), frozen_random=True)
    network.scale(mean, std)
    load_weights(network, run.checkpoint / START)
    accelerator = make_accelerator(recipe.training.precision)
    with decode_table(used, size=recipe.input.size, progress=progress) as decoded:
        fitting = _fitting(used, decoded, recipe, network)
        with planned(network, recipe, (fitting.train, fitting.validation), accelerator) as plan:
            return _train(run, fitting, plan, accelerator, progress)


def try_recipe(
    table: SliceTable,
    recipe: Recipe,
    *,
    start: Weights,
    decoded: Decoded,
    after_epoch: Callable[[Trained], bool],
    progress: Progress = SILENT,
) -> Trained:
    """Train as `train` does, but keep nothing except the history, which is returned.

    Args:
        table: slices of the splits train and validation.
        recipe: a complete one, its classes those of the table.
        start: what the backbone starts from.
        decoded: the table's slices at the recipe's size.
        after_epoch: called after each epoch; the training ends where it returns False.
        progress: told what is going on.
    """
    torch.manual_seed(recipe.training.seed)
    network = build_network(recipe, start, classes=len(recipe.classes.names))
    if recipe.input.scaling == "train-mean":
        network.scale((_train_mean(table, decoded),) * 3, (1 / 255,) * 3)
    recipe, _ = settle_precision(network, recipe)
    fitting = _fitting(table, decoded, recipe, network)
    fitting.after_epoch = after_epoch
    accelerator = make_accelerator(recipe.training.precision)
    with planned(network, recipe, (fitting.train, fitting.validation), accelerator) as plan:
        fitting.feed = plan.feed
        return fit(fitting, accelerator, progress)


def _check_share(table: SliceTable, recipe: Recipe, accelerator: Accelerator) -> None:
    """Refuse a training whose processes get single slices: batch norm can't train on one."""
    batch = min(recipe.training.batch_size, int((table.rows["split"] == "train").sum()))
    if batch < 2 * accelerator.num_processes:
        raise RecipeError(
            f"[training] batch_size: every process needs two slices a step, and a batch of {batch} "
            f"gives {accelerator.num_processes} fewer; take fewer processes or a larger batch."
        )


def _beginning(recipe: Recipe, start: Weights) -> str:
    """Say what the network starts from and what of it is trained."""
    trained = recipe.network.train_from
    rest = "the whole network is trained" if trained == "all" else f"trained from {trained} on"
    alone = ""
    if "ACCELERATE_USE_CPU" in os.environ and "WORLD_SIZE" not in os.environ:
        alone = " (`accelerate launch --cpu` starts one process; --multi_gpu starts several.)"
    return f"Weights: {start.origin}; {rest}.{alone}"


def _warn(table: SliceTable, recipe: Recipe, progress: Progress) -> None:
    """Say the design verdict and what leaks before any time is spent."""
    verdict = judge_design(table, positive=recipe.classes.positive)
    progress.say(f"Design: {verdict.level}. {verdict.sentence}")
    leak = find_leak(table)
    if leak.groups:
        progress.say(f"Leak: {leak.sentence}")


def _begin(
    folder: Path,
    table: SliceTable,
    recipe: Recipe,
    network: Classifier,
    start: Weights,
    accelerator: Accelerator,
    *,
    force: bool,
) -> None:
    """Make the run folder with all that is known before the first step."""
    with new_folder(folder, force=force, marks=RUN_MARKS) as draft:
        run = Run(draft)
        write_text(run.recipe_file, dump_recipe(recipe))
        write_json(_network_json(recipe, network, table), run.network_file)
        write_json(_environment_json(recipe, start, accelerator), run.environment_file)
        run.checkpoint.mkdir()
        save_weights(network, run.checkpoint / START)
        write_table(table, run.table_file)


def _train_mean(table: SliceTable, decoded: Decoded) -> float:
    """Return the mean grey level of the training slices, 0..1.

    The published code centres each split by its own mean, so that a prediction depends on the
    other slices of its set; here the training slices' mean goes with the network.
    """
    rows = np.flatnonzero((table.rows["split"] == "train").to_numpy())
    parts = [rows[first : first + BATCH] for first in range(0, len(rows), BATCH)]
    means = [decoded.grey[part].mean(axis=(1, 2)) for part in parts]
    return float(np.concatenate(means).mean()) / 255


def _network_json(recipe: Recipe, network: Classifier, table: SliceTable) -> dict[str, Any]:
    """Return all that is needed to predict but the weights themselves."""
    total, trained = count_parameters(network)
    mean, std = network.scaling
    return {
        "backbone": recipe.network.backbone,
        "title": recipe.title or recipe.network.backbone,
        "timm": recipe.timm_name,
        "class_names": list(recipe.classes.names),
        "positive": recipe.classes.positive,
        "input": {"size": recipe.input.size, "mean": list(mean), "std": list(std)},
        "windows": sorted(set(table.rows["window"]) - {""}),
        "train_from": recipe.network.train_from,
        "parameters": {"total": total, "trained": trained},
        "cam_layer": cam_layer(recipe),
    }


def _environment_json(recipe: Recipe, start: Weights, accelerator: Accelerator) -> dict[str, Any]:
    """Return versions, machine, command, seed and where the weights came from."""
    return {
        **describe_environment(),
        "device": accelerator.device.type,
        "precision": choose_precision(recipe.training.precision),
        "processes": accelerator.num_processes,
        "seed": recipe.training.seed,
        "weights": {
            "network": start.network,
            "origin": start.origin,
            "sha256": start.sha256,
            "pretrained": start.pretrained,
            "licence": start.licence,
        },
    }


def _train(
    run: Run, fitting: Fitting, plan: Plan, accelerator: Accelerator, progress: Progress
) -> Run:
    """Run the epochs that are left and finish the run."""
    if plan.sentence:
        progress.say(plan.sentence)
    fitting.folder, fitting.feed = run.checkpoint, plan.feed
    trained = fit(fitting, accelerator, progress)
    if accelerator.is_main_process:
        _finish(run, trained)
        if said := write_run_onnx(run, fitting.validation.take(slice(CHECKED))):
            progress.say(said)
    accelerator.wait_for_everyone()
    return run


def _fitting(table: SliceTable, decoded: Decoded, recipe: Recipe, network: Classifier) -> Fitting:
    """Return the training of `network` on the table's slices, without a folder for checkpoints."""
    return Fitting(
        network=network,
        train=_slices(table, decoded, recipe, "train"),
        validation=_slices(table, decoded, recipe, "validation"),
        recipe=recipe,
        positive=recipe.classes.names.index(recipe.classes.positive),
        folder=None,
    )


def _slices(table: SliceTable, decoded: Decoded, recipe: Recipe, split: str) -> Slices:
    """Return the decoded slices of one split with the index of their class."""
    rows = np.flatnonzero((table.rows["split"] == split).to_numpy())
    index = {name: number for number, name in enumerate(recipe.classes.names)}
    target = table.rows["label"].map(index).to_numpy(dtype=np.int64)
    return Slices(decoded.grey, rows, target[rows].astype(np.int64))


def _finish(run: Run, trained: Trained) -> None:
    """Write history, time and the best epoch's network; the network's file comes last."""
    history = pd.DataFrame(trained.history)
    history["epoch"] = history["epoch"].astype(int)
    history["best"] = (history["epoch"] == trained.best_epoch).astype(int)
    write_csv(history.round(6), run.history_file)
    seconds = round(sum(row["seconds"] for row in trained.history), 1)
    write_json({**run.environment(), "seconds": seconds}, run.environment_file)
    best_weights(run.checkpoint, trained).replace(run.weights_file)
    shutil.rmtree(run.checkpoint)
