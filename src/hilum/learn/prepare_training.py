"""Preparation of a training: weights, network, complete recipe, precision, processes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from accelerate import Accelerator

from hilum.learn.checkpoint import load_weights
from hilum.learn.data import Slices
from hilum.learn.device import Precision, choose_precision, make_accelerator
from hilum.learn.fit import TrainingJob
from hilum.learn.networks import Classifier, build_network, fill_network
from hilum.learn.precision import resolve_precision
from hilum.learn.robust.stock import example_source, needs_examples
from hilum.learn.weights import Weights, find_weights
from hilum.prepare import BATCH, Decoded
from hilum.recipe import Recipe
from hilum.table import SliceTable

__all__ = [
    "Prepared",
    "prepare_network",
    "prepare_resumed",
    "prepare_training",
    "scale_by_training_mean",
    "training_job",
]


@dataclass(frozen=True)
class Prepared:
    """A network that is ready to be trained, with everything that its training depends on.

    Attributes:
        network: built from the weights, its frozen part frozen.
        recipe: complete: input size, freeze point and precision are set.
        weights: the initial weights of the backbone.
        measured: a sentence on how the precision was chosen; empty where nothing was measured.
        accelerator: accelerate's handle on device and processes.
    """

    network: Classifier
    recipe: Recipe
    weights: Weights
    measured: str
    accelerator: Accelerator

    @property
    def precision(self) -> Precision:
        """The precision that the network is trained in."""
        return choose_precision(self.recipe.training.precision)

    @property
    def precision_reason(self) -> str:
        """Why it is trained in that precision, in words."""
        hardware = self.recipe.training.precision == "auto"
        return self.measured or ("decided by the hardware" if hardware else "training.precision")


def prepare_training(recipe: Recipe, weights: Weights | Path | str | None) -> Prepared:
    """Return the network of a recipe with its precision and processes, ready to be trained.

    torch's random numbers are seeded by the recipe, so that the head starts from the same values
    wherever the recipe is trained.

    Args:
        recipe: with its class names filled.
        weights: found already, or where they are: see `hilum.learn.weights.find_weights`.

    Raises:
        RecipeError, UsageError, WeightsError: see `find_weights` and `build_network`.
    """
    network, recipe, found = prepare_network(recipe, weights)
    recipe, measured = resolve_precision(network, recipe)
    return Prepared(network, recipe, found, measured, make_accelerator())


def prepare_network(
    recipe: Recipe, weights: Weights | Path | str | None
) -> tuple[Classifier, Recipe, Weights]:
    """Return the network of a recipe, the recipe with input size and freeze point, the weights.

    Args, Raises: see `prepare_training`.
    """
    found = weights if isinstance(weights, Weights) else find_weights(recipe.timm_name, weights)
    torch.manual_seed(recipe.training.seed)
    network = build_network(recipe, found, classes=len(recipe.classes.names))
    return network, fill_network(recipe, found, network), found


def prepare_resumed(
    recipe: Recipe, scaling: tuple[tuple[float, ...], tuple[float, ...]], start: Path
) -> Prepared:
    """Return what `prepare_training` returned when an interrupted training began.

    Args:
        recipe: the complete one of the run folder.
        scaling: mean and std of its network.json.
        start: the file of the network before its first step.

    Raises:
        RunError: the file is missing, broken, or of another network.
    """
    torch.manual_seed(recipe.training.seed)
    weights = Weights.placeholder(recipe, *scaling)
    network = build_network(recipe, weights, classes=len(recipe.classes.names), frozen_random=True)
    network.scale(*scaling)
    load_weights(network, start)
    return Prepared(network, recipe, weights, "", make_accelerator())


def scale_by_training_mean(prepared: Prepared, table: SliceTable, decoded: Decoded) -> None:
    """Centre the network's input at the training slices' mean where the recipe asks for that.

    The published code centres each split by its own mean, so that a prediction depends on the
    other slices of its set; here the training slices' mean goes with the network.
    """
    if prepared.recipe.input.scaling != "train-mean":
        return
    rows = np.flatnonzero((table.rows["split"] == "train").to_numpy())
    batches = [rows[first : first + BATCH] for first in range(0, len(rows), BATCH)]
    means = [decoded.grey[batch].mean(axis=(1, 2)) for batch in batches]
    mean = float(np.concatenate(means).mean()) / 255
    prepared.network.scale((mean,) * 3, (1 / 255,) * 3)


def training_job(prepared: Prepared, table: SliceTable, decoded: Decoded) -> TrainingJob:
    """Return the training of a network on the table's slices, without a folder for checkpoints."""
    recipe = prepared.recipe
    train = _slices(table, decoded, recipe, "train")
    examples = example_source(table, decoded, train, recipe) if needs_examples(recipe) else None
    return TrainingJob(
        network=prepared.network,
        train=train,
        validation=_slices(table, decoded, recipe, "validation"),
        recipe=recipe,
        positive=recipe.classes.names.index(recipe.classes.positive),
        folder=None,
        examples=examples,
    )


def _slices(table: SliceTable, decoded: Decoded, recipe: Recipe, split: str) -> Slices:
    """Return the decoded slices of one split with the index of their class."""
    rows = np.flatnonzero((table.rows["split"] == split).to_numpy())
    index = {name: number for number, name in enumerate(recipe.classes.names)}
    target = table.rows["label"].map(index).to_numpy(dtype=np.int64)
    return Slices(decoded.grey, rows, target[rows].astype(np.int64))
