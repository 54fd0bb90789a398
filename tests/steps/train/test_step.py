"""A training: what its run folder says, and trainings that can't be resumed."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import load_file

from hilum.errors import RunError, UsageError
from hilum.learn.weights import find_weights
from hilum.prepare import decode_table
from hilum.recipe import load_recipe
from hilum.run import Run
from hilum.steps.train.step import resume, train, try_recipe
from hilum.table import SliceTable

CHANGES = (
    "network.backbone=test_resnet", "input.size=32", "training.batch_size=8", "training.epochs=2",
    "training.precision=float32", "training.seed=3",
)  # fmt: skip


@pytest.fixture(scope="module")
def run(table: SliceTable, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Two epochs of a tiny network from random weights."""
    recipe = load_recipe("phantom", CHANGES)
    return train(table, recipe, out=tmp_path_factory.mktemp("trained") / "run", weights="none")


def test_the_folder_is_complete_and_holds_no_checkpoint(run: Run) -> None:
    assert {path.name for path in run.folder.iterdir()} == {
        "environment.json", "history.csv", "network.json", "network.onnx", "recipe.toml",
        "slices.csv", "weights.safetensors",
    }  # fmt: skip
    assert run.finished


def test_the_network_file_says_what_predicting_needs(run: Run, table: SliceTable) -> None:
    content = run.network()
    assert content["class_names"] == table.labels and content["positive"] == "cancer"
    assert content["input"]["size"] == 32 and len(content["input"]["mean"]) == 3
    assert content["windows"] == sorted(set(table.rows["window"]))
    assert content["train_from"] == "all"
    weights = load_file(run.weights_file)
    total = sum(
        tensor.size for name, tensor in weights.items()
        if not name.endswith(("running_mean", "running_var", "num_batches_tracked"))
    )  # fmt: skip
    assert content["parameters"] == {"total": total, "trained": total}


def test_the_environment_says_where_it_began(run: Run) -> None:
    content = run.environment()
    assert content["seed"] == 3 and content["device"] in ("cpu", "cuda")
    assert content["precision"] == "float32"
    assert content["weights"]["pretrained"] is False
    assert content["seconds"] > 0


def test_the_history_has_a_row_an_epoch_and_one_best(run: Run) -> None:
    history = pd.read_csv(run.history_file)
    assert history["epoch"].tolist() == [1, 2]
    assert history["best"].sum() == 1
    assert history[["train_loss", "validation_loss"]].gt(0).all(axis=None)


def test_a_training_without_a_folder_gives_the_same_history(run: Run, table: SliceTable) -> None:
    used = table.where(table.rows["split"] != "test")
    recipe = run.recipe()
    start = find_weights(recipe.timm_name, "none")
    with decode_table(used, size=32) as decoded:
        found = try_recipe(used, recipe, start=start, decoded=decoded, after_epoch=lambda _: True)
    columns = ["train_loss", "validation_loss", "validation_auc"]
    own = pd.DataFrame(found.history)[columns].to_numpy()
    assert np.allclose(own, pd.read_csv(run.history_file)[columns].to_numpy(), atol=1e-6)


def test_what_can_not_be_resumed_is_refused(run: Run, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is finished; there is nothing to resume"):
        resume(run.folder)
    (tmp_path / "none").mkdir()
    with pytest.raises(UsageError, match=r"is not a run folder: it has no network\.json"):
        resume(tmp_path / "none")
    broken = Run(tmp_path / "broken")
    shutil.copytree(run.folder, broken.folder)
    broken.weights_file.unlink()
    broken.checkpoint.mkdir()
    with pytest.raises(RunError, match=r"lacks .*; the training must be started again"):
        resume(broken.folder)
