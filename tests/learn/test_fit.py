"""The training loop: it learns, it chooses the best epoch, and it goes on as if never stopped."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from hilum.errors import RunError
from hilum.learn.checkpoint import TrainingProgress, best_weights
from hilum.learn.data import Slices
from hilum.learn.device import make_accelerator
from hilum.learn.fit import TrainingJob, class_weights, fit, loss_of, make_optimiser, rate_at
from hilum.learn.networks import Classifier, build_network
from hilum.learn.robust.examples import Cast, ExampleSource, Stock
from hilum.learn.weights import Weights
from hilum.progress import SILENT, Progress
from hilum.recipe import Recipe, parse_recipe

RECIPE = """
[network]
backbone = "test_resnet"
hidden = [8]
dropout = [0.2, 0.2]
[input]
size = 32
[training]
epochs = 4
batch_size = 8
learning_rate = 3e-3
backbone_learning_rate = 3e-3
precision = "float32"
seed = 5
"""


def recipe_of(*changes: str) -> Recipe:
    return parse_recipe(RECIPE, name="x", changes=changes)


def network_of(recipe: Recipe) -> Classifier:
    torch.manual_seed(recipe.training.seed)
    start = Weights.placeholder(recipe, (0.5, 0.5, 0.5), (0.2, 0.2, 0.2))
    return build_network(recipe, start, classes=2)


def job_in(folder: Path, recipe: Recipe) -> TrainingJob:
    """40 slices of noise to train on and 12 to validate on; class 1 has a bright square."""
    grey = np.random.default_rng(0).integers(0, 120, (52, 32, 32), dtype=np.uint8)
    target = np.arange(52) % 2
    grey[target == 1, 10:22, 10:22] += 100
    folder.mkdir(exist_ok=True)
    return TrainingJob(
        network=network_of(recipe),
        train=Slices(grey, np.arange(40), target[:40]),
        validation=Slices(grey, np.arange(40, 52), target[40:]),
        recipe=recipe,
        positive=1,
        folder=folder,
    )


def fitted(
    folder: Path, recipe: Recipe, progress: Progress = SILENT
) -> tuple[TrainingJob, TrainingProgress]:
    job = job_in(folder, recipe)
    return job, fit(job, make_accelerator(), progress)


class Told:
    """Keeps what it is told, and stops the training after an epoch."""

    def __init__(self, stop_after: int = 0) -> None:
        self.said: list[str] = []
        self.done: list[tuple[str, int, int]] = []
        self.stop_after = stop_after

    def advance(self, task: str, done: int, total: int) -> None:
        self.done.append((task, done, total))

    def say(self, sentence: str) -> None:
        self.said.append(sentence)
        if len(self.said) == self.stop_after:
            raise KeyboardInterrupt


def figures(trained: TrainingProgress) -> list[dict[str, float]]:
    return [{k: v for k, v in row.items() if k != "seconds"} for row in trained.history]


def test_training_learns_what_can_be_seen_and_tells_each_epoch(tmp_path: Path) -> None:
    content = Told()
    _, trained = fitted(tmp_path, recipe_of(), content)
    first, last = trained.history[0], trained.history[-1]
    assert last["train_loss"] < first["train_loss"]
    assert max(row["validation_auc"] for row in trained.history) > 0.9
    assert [row["epoch"] for row in trained.history] == [1, 2, 3, 4]
    assert len(content.said) == 4
    assert content.said[0].startswith(f"epoch 1 of 4: train loss {first['train_loss']:.4f}, valida")
    assert content.said[0].endswith(f"AUC {first['validation_auc']:.3f} (best so far)")
    assert content.done[:6] == [
        *(("epoch 1 of 4", step, 5) for step in range(1, 6)),
        ("epoch 2 of 4", 1, 5),
    ]


def test_the_best_epochs_network_is_kept(tmp_path: Path) -> None:
    _, trained = fitted(tmp_path, recipe_of())
    ranks = [(row["validation_auc"], -row["validation_loss"]) for row in trained.history]
    assert trained.best_epoch == ranks.index(max(ranks)) + 1
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        best_weights(tmp_path, trained).name,
        "state.safetensors",
    ]


@pytest.mark.parametrize(
    ("stopped_after", "change"),
    [(1, "training.class_weights=balanced"), (2, "training.class_weights=balanced"),
     (2, "training.averaging=0.9")],
)  # fmt: skip
def test_a_training_that_goes_on_equals_one_that_was_never_stopped(
    tmp_path: Path, stopped_after: int, change: str
) -> None:
    recipe = recipe_of("training.epochs=3", change)
    full, unbroken = fitted(tmp_path / "whole", recipe)
    with pytest.raises(KeyboardInterrupt):
        fitted(tmp_path / "halted", recipe, Told(stopped_after))
    torch.manual_seed(12345)
    again, resumed = fitted(tmp_path / "halted", recipe)
    assert figures(resumed) == figures(unbroken)
    assert resumed.best_epoch == unbroken.best_epoch
    for key, value in full.network.state_dict().items():
        assert torch.equal(value, again.network.state_dict()[key]), key
    one, other = (best_weights(tmp_path / name, unbroken) for name in ("whole", "halted"))
    assert one.read_bytes() == other.read_bytes()


def test_a_finished_training_is_not_trained_again(tmp_path: Path) -> None:
    recipe = recipe_of("training.epochs=1")
    _, first = fitted(tmp_path, recipe)
    content = Told()
    _, second = fitted(tmp_path, recipe, content)
    assert second.history == first.history
    assert not content.said and not content.done


def test_another_seed_trains_another_network(tmp_path: Path) -> None:
    _, one = fitted(tmp_path / "one", recipe_of("training.epochs=1"))
    _, two = fitted(tmp_path / "two", recipe_of("training.epochs=1", "training.seed=6"))
    assert one.history[0]["train_loss"] != two.history[0]["train_loss"]


def test_patience_ends_a_training_that_gets_no_better(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    losses = iter([0.5, 0.4, 0.6, 0.45, 0.1])
    monkeypatch.setattr(
        "hilum.learn.fit._one_epoch",
        lambda *_: {
            "train_loss": 0.0, "validation_loss": next(losses), "validation_accuracy": 0.5,
            "validation_auc": 0.5, "epoch": 1,
        },
    )  # fmt: skip
    recipe = recipe_of("training.epochs=9", "training.patience=2", "training.select_by=loss")
    _, trained = fitted(tmp_path, recipe)
    assert (trained.epochs, trained.best_epoch) == (4, 2)


@pytest.mark.parametrize(("by", "best"), [("auc", 3), ("loss", 2), ("accuracy", 1)])
def test_the_best_epoch_is_by_what_was_asked_and_ties_go_to_the_lower_loss(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, by: str, best: int
) -> None:
    rows = iter([(0.9, 0.7, 0.8), (0.3, 0.8, 0.7), (0.4, 0.9, 0.7), (0.6, 0.9, 0.8)])

    def epoch(*_: object) -> dict[str, float]:
        loss, area, accuracy = next(rows)
        accuracy = {0.9: 0.95}.get(loss, accuracy)
        return {
            "train_loss": 0.0, "validation_loss": loss, "validation_auc": area,
            "validation_accuracy": accuracy, "epoch": 1,
        }  # fmt: skip

    monkeypatch.setattr("hilum.learn.fit._one_epoch", epoch)
    _, trained = fitted(tmp_path, recipe_of(f"training.select_by={by}"))
    assert trained.best_epoch == best


def test_the_learning_rate_rises_in_a_line_and_falls_as_a_cosine() -> None:
    rates = [rate_at(step, 12, 4) for step in range(12)]
    assert rates[:4] == [0.25, 0.5, 0.75, 1.0]
    assert rates[4:] == pytest.approx(
        [0.5 * (1 + math.cos(math.pi * step / 8)) for step in range(8)]
    )
    assert rate_at(0, 10, 0) == 1.0


def test_the_optimiser_trains_the_head_and_the_backbones_trained_part() -> None:
    network = network_of(recipe_of())
    recipe = recipe_of("training.backbone_learning_rate=0.5", "training.weight_decay=0.25")
    head, backbone = make_optimiser(network, recipe).param_groups
    assert (head["rate"], backbone["rate"]) == (3e-3, 0.5)
    assert head["weight_decay"] == backbone["weight_decay"] == 0.25
    assert len(head["params"]) == len(list(network.head.parameters()))
    network.backbone.requires_grad_(False)
    assert len(make_optimiser(network, recipe).param_groups) == 1


def test_the_softmax_loss_by_hand() -> None:
    logits = torch.tensor([[0.0, 0.0], [math.log(3), 0.0]])
    target = torch.tensor([0, 1])
    one, two = math.log(2), math.log(4)
    assert float(loss_of(logits, target, kind="softmax")) == pytest.approx((one + two) / 2)
    weights = torch.tensor([1.0, 3.0])
    weighted = loss_of(logits, target, kind="softmax", weights=weights)
    assert float(weighted) == pytest.approx((one + 3 * two) / 4)


def test_the_sigmoid_loss_by_hand() -> None:
    logits = torch.tensor([[0.0, 0.0], [math.log(3), 0.0]])
    target = torch.tensor([0, 1])
    one, two = math.log(2), (math.log(4) + math.log(2)) / 2
    assert float(loss_of(logits, target, kind="sigmoid")) == pytest.approx((one + two) / 2)
    weights = torch.tensor([1.0, 3.0])
    weighted = loss_of(logits, target, kind="sigmoid", weights=weights)
    assert float(weighted) == pytest.approx((one + 3 * two) / 4)


def test_balanced_weights_make_each_class_count_the_same() -> None:
    weights = class_weights(np.array([0, 0, 0, 1]), 2, "balanced")
    assert weights is not None
    assert weights.tolist() == pytest.approx([4 / 6, 2.0])
    assert class_weights(np.array([0, 1]), 2, "none") is None


def test_a_training_part_that_is_frozen_stays_as_it_was(tmp_path: Path) -> None:
    recipe = recipe_of("training.epochs=1", "network.train_from=head")
    job = job_in(tmp_path, recipe)
    start = Weights(recipe.timm_name, job.network.backbone.state_dict(), "here", "0",
                    (0.5, 0.5, 0.5), (0.2, 0.2, 0.2))  # fmt: skip
    job.network = build_network(recipe, start, classes=2)
    before = {k: v.clone() for k, v in job.network.state_dict().items()}
    fit(job, make_accelerator())
    after = job.network.state_dict()
    moved = {key for key in after if not torch.equal(before[key], after[key])}
    assert moved and all(key.startswith("head.") for key in moved)


def test_a_training_that_diverges_is_refused(tmp_path: Path) -> None:
    changes = ("training.learning_rate=1e30", "training.backbone_learning_rate=1e30")
    with pytest.raises(RunError, match="not a number in epoch 1: the training diverged; lower"):
        fitted(tmp_path, recipe_of(*changes))


def test_a_training_without_a_folder_keeps_nothing_and_gives_the_same_figures(
    tmp_path: Path,
) -> None:
    _, retained = fitted(tmp_path / "kept", recipe_of("training.epochs=2"))
    job = job_in(tmp_path / "none", recipe_of("training.epochs=2"))
    job.folder = None
    trained = fit(job, make_accelerator())
    assert figures(trained) == figures(retained)
    assert list((tmp_path / "none").iterdir()) == []


def test_after_an_epoch_the_training_can_be_ended(tmp_path: Path) -> None:
    job = job_in(tmp_path, recipe_of())
    requested: list[int] = []

    def two_are_enough(trained: TrainingProgress) -> bool:
        requested.append(trained.epochs)
        return trained.epochs < 2

    job.after_epoch = two_are_enough
    assert fit(job, make_accelerator()).epochs == 2
    assert requested == [1, 2]


@pytest.mark.slow
def test_a_compiled_network_learns_as_the_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[object] = []
    compiled_by = torch.compile

    def traced_only(network: torch.nn.Module) -> object:
        """Follow the network as ever, but write no code: that takes a minute."""
        seen.append(network)
        return compiled_by(network, backend="eager")

    monkeypatch.setattr(torch, "compile", traced_only)
    _, plain = fitted(tmp_path / "plain", recipe_of("training.epochs=1"))
    assert not seen
    job, compiled = fitted(
        tmp_path / "compiled", recipe_of("training.epochs=1", "training.compile=true")
    )
    assert seen == [job.network]
    for key in ("train_loss", "validation_loss"):
        assert compiled.history[0][key] == pytest.approx(plain.history[0][key], rel=1e-3)


def test_the_running_mean_of_the_weights_is_what_is_saved(tmp_path: Path) -> None:
    job, trained = fitted(tmp_path, recipe_of("training.averaging=0.9", "training.keep=last"))
    saved = load_file(best_weights(tmp_path, trained))
    latest = job.network.state_dict()
    weights = [key for key in saved if key.endswith("weight")]
    assert all(not torch.equal(saved[key], latest[key]) for key in weights)
    assert max(row["validation_auc"] for row in trained.history) > 0.9


def test_the_loss_of_the_map_teaches_a_network_where_lesions_are(tmp_path: Path) -> None:
    """Source 0 holds class 1 alone: only the map's loss learns from its slices."""
    recipe = recipe_of(
        'classes.names=["plain", "square"]', "classes.positive=square", "classes.healthy=plain",
        'network.head="map"', "network.hidden=[]", "network.dropout=[]",
        "training.lesion_loss=1.0", "training.restricted=true", "training.epochs=6",
    )  # fmt: skip
    job = job_in(tmp_path, recipe)
    region = np.zeros((32, 32), dtype=bool)
    region[10:22, 10:22] = True
    source = job.train.target.copy()
    source[:2] = 1
    packed = {int(index): np.packbits(region) for index in np.flatnonzero(job.train.target)}
    stock = Stock(job.train.grey, job.train.rows, job.train.target, source, packed)
    job.examples = ExampleSource(stock, 2, Cast(1, -1, 0), recipe.crossing)
    trained = fit(job, make_accelerator())
    assert trained.history[-1]["validation_auc"] > 0.9
    with torch.no_grad():
        square = job.validation.take(np.flatnonzero(job.validation.target == 1))
        features = job.network.eval().features(torch.from_numpy(square[:, None]).float())
        cells = job.network.head.cells(features)[:, 0]  # type: ignore[union-attr,operator]
    highest = cells.flatten(1).argmax(dim=1)
    rows, columns = highest // cells.shape[-1], highest % cells.shape[-1]
    side = 32 / cells.shape[-1]
    assert all(8 <= (at + 0.5) * side <= 24 for at in [*rows.tolist(), *columns.tolist()])
