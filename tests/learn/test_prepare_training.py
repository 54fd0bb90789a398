"""Preparing a training: a complete recipe, the same head everywhere, inputs centred on request."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from conftest import MakeTable

from hilum.errors import RunError
from hilum.learn.checkpoint import save_weights
from hilum.learn.prepare_training import (
    Prepared,
    prepare_network,
    prepare_resumed,
    prepare_training,
    scale_by_training_mean,
    training_job,
)
from hilum.recipe import Recipe, parse_recipe

TEXT = """
[classes]
names = ["cancer", "pneumonia"]
[network]
backbone = "test_resnet"
[input]
size = 32
[training]
seed = 5
precision = "float32"
"""


def recipe_of(*changes: str) -> Recipe:
    return parse_recipe(TEXT, name="x", changes=changes)


def state_of(prepared: Prepared) -> dict[str, torch.Tensor]:
    return dict(prepared.network.state_dict())


def test_the_recipe_comes_back_complete_and_its_seed_decides_the_weights() -> None:
    torch.manual_seed(1)
    first = prepare_training(recipe_of(), "none")
    torch.manual_seed(2)
    second = prepare_training(recipe_of(), "none")
    other = prepare_training(recipe_of("training.seed=6"), "none")
    assert first.recipe.network.train_from == "all"  # random weights are never frozen
    assert (first.recipe.input.size, first.precision) == (32, "float32")
    assert first.precision_reason == "training.precision" and first.measured == ""
    for key, tensor in state_of(first).items():
        assert torch.equal(tensor, state_of(second)[key]), key
    weights = "backbone.conv1.0.weight"
    assert not torch.equal(state_of(first)[weights], state_of(other)[weights])


def test_an_input_size_that_is_left_out_is_the_weights_own() -> None:
    _, recipe, found = prepare_network(recipe_of("input.size=0"), "none")
    assert recipe.input.size == found.size > 0


def test_a_resumed_training_begins_with_the_network_that_was_saved(tmp_path: Path) -> None:
    first = prepare_training(recipe_of(), "none")
    first.network.scale((0.1, 0.2, 0.3), (0.5, 0.5, 0.5))
    save_weights(first.network, tmp_path / "start.safetensors")
    resumed = prepare_resumed(first.recipe, first.network.scaling, tmp_path / "start.safetensors")
    assert resumed.network.scaling == ((0.1, 0.2, 0.3), (0.5, 0.5, 0.5))
    for key, tensor in state_of(first).items():
        assert torch.equal(tensor, state_of(resumed)[key]), key
    (tmp_path / "start.safetensors").write_bytes(b"broken")
    with pytest.raises(RunError, match=r"start\.safetensors can't be loaded"):
        prepare_resumed(first.recipe, first.network.scaling, tmp_path / "start.safetensors")


def decoded_of(*greys: int) -> Any:
    grey = np.stack([np.full((32, 32), level, np.uint8) for level in greys])
    return SimpleNamespace(grey=grey)


def test_the_input_is_centred_at_the_training_slices_alone(make_table: MakeTable) -> None:
    table = make_table(3, split=["train", "test", "train"])
    prepared = prepare_training(recipe_of('input.scaling="train-mean"'), "none")
    scale_by_training_mean(prepared, table, decoded_of(51, 255, 102))
    mean, std = prepared.network.scaling
    assert mean == pytest.approx((0.3,) * 3)
    assert std == pytest.approx((1 / 255,) * 3)


def test_other_scalings_are_left_alone(make_table: MakeTable) -> None:
    prepared = prepare_training(recipe_of('input.scaling="zero-one"'), "none")
    before = prepared.network.scaling
    scale_by_training_mean(prepared, make_table(1, split="train"), decoded_of(51))
    assert prepared.network.scaling == before


def test_a_job_has_the_slices_of_its_splits_with_their_classes(make_table: MakeTable) -> None:
    table = make_table(
        4, split=["train", "validation", "train", "test"],
        label=["pneumonia", "cancer", "cancer", "cancer"],
    )  # fmt: skip
    prepared = prepare_training(recipe_of('classes.positive="pneumonia"'), "none")
    job = training_job(prepared, table, decoded_of(1, 2, 3, 4))
    assert (job.train.rows.tolist(), job.train.target.tolist()) == ([0, 2], [1, 0])
    assert (job.validation.rows.tolist(), job.validation.target.tolist()) == ([1], [0])
    assert job.train.take(np.array([1]))[0, 0, 0] == 3
    assert job.positive == 1 and job.folder is None


def test_a_measured_precision_is_its_own_reason() -> None:
    prepared = prepare_training(recipe_of(), "none")
    assert replace(prepared, measured="Measured.").precision_reason == "Measured."
    auto = prepared.recipe.model_copy(
        update={"training": prepared.recipe.training.model_copy(update={"precision": "auto"})}
    )
    assert replace(prepared, recipe=auto).precision_reason == "decided by the hardware"
