"""Whether the frozen part runs once: by what was measured, by the room there is, or as asked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from hilum.learn.checkpoint import TrainingProgress
from hilum.learn.data import Slices
from hilum.learn.device import make_accelerator
from hilum.learn.fit import TrainingJob, fit
from hilum.learn.frozen import plan as plan_module
from hilum.learn.frozen.feed import FrozenFeed
from hilum.learn.frozen.plan import TrainingPlan, training_plan
from hilum.learn.networks import build_network
from hilum.learn.weights import Weights
from hilum.recipe import Recipe, parse_recipe

RECIPE = """
[network]
backbone = "test_resnet"
train_from = "layer3"
dropout = [0.2]
[input]
size = 32
[training]
epochs = 4
batch_size = 8
learning_rate = 3e-3
backbone_learning_rate = 3e-3
precision = "float32"
views = 2
"""

Costs = Callable[..., None]


def recipe_of(*changes: str) -> Recipe:
    return parse_recipe(RECIPE, name="x", changes=changes)


def job_of(recipe: Recipe, folder: Path | None = None) -> TrainingJob:
    """40 slices of noise to train on and 12 to validate on; class 1 has a bright square."""
    grey = np.random.default_rng(0).integers(0, 120, (52, 32, 32), dtype=np.uint8)
    target = np.arange(52) % 2
    grey[target == 1, 10:22, 10:22] += 100
    torch.manual_seed(0)
    start = Weights.placeholder(recipe, (0.5,) * 3, (0.25,) * 3)
    return TrainingJob(
        network=build_network(recipe, start, classes=2, frozen_random=True),
        train=Slices(grey, np.arange(40), target[:40]),
        validation=Slices(grey, np.arange(40, 52), target[40:]),
        recipe=recipe,
        positive=1,
        folder=folder,
    )


def plan_of(*changes: str) -> TrainingPlan:
    recipe = recipe_of(*changes)
    job = job_of(recipe)
    with training_plan(job, make_accelerator()) as plan:
        return plan


def fitted(*changes: str, folder: Path | None = None) -> TrainingProgress:
    recipe = recipe_of(*changes)
    job = job_of(recipe, folder)
    accelerator = make_accelerator()
    with training_plan(job, accelerator) as plan:
        job.feed = plan.feed
        return fit(job, accelerator)


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HILUM_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def costs(monkeypatch: pytest.MonkeyPatch) -> Costs:
    """Make the measurement say what a slice costs, in seconds: run, keep, read; known or not."""

    def cost(run: float, keep: float, read: float, *, known: bool = False) -> None:
        content = plan_module._Costs(run, keep, read, known)
        monkeypatch.setattr(plan_module, "_measure", lambda *_: content)

    return cost


def test_it_runs_once_where_that_is_faster(costs: Costs) -> None:
    costs(1.0, 0.1, 0.1)
    plan = plan_of()
    assert plan.recipe.training.frozen_once == "yes"
    assert isinstance(plan.feed, FrozenFeed)
    # 2 views of 40 slices and 12 as they are, run and kept: 101.2 s; 4 epochs of 52 read: 20.8 s
    assert plan.sentence == (
        "The frozen part of the network runs once for each of 2 views of a slice: about 2 min "
        "instead of 3 min; 0.0 GB in the cache."
    )


def test_it_runs_always_where_that_is_faster(costs: Costs) -> None:
    costs(0.1, 0.1, 0.05)
    plan = plan_of()
    assert plan.recipe.training.frozen_once == "no"
    assert plan.feed is None
    assert plan.sentence == (
        "The frozen part of the network runs in every epoch: running it once would take about "
        "29 s instead of 21 s."
    )


def test_what_an_earlier_training_kept_makes_it_pay(costs: Costs) -> None:
    costs(0.1, 0.0, 0.05, known=True)
    assert plan_of().recipe.training.frozen_once == "yes"


def test_without_room_it_runs_always(costs: Costs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HILUM_CACHE_LIMIT", "100KB")
    costs(1.0, 0.1, 0.1)
    plan = plan_of()
    assert plan.feed is None
    assert "the cache has no room for it" in plan.sentence
    requested = plan_of("training.frozen_once=yes")
    assert isinstance(requested.feed, FrozenFeed)
    assert requested.feed.records.folder is None
    assert requested.sentence.endswith("nothing stored: no room for it.")


def test_there_is_nothing_to_decide_without_views_or_when_told_no() -> None:
    for change in ("training.views=0", "training.frozen_once=no"):
        plan = plan_of(change)
        assert (plan.feed, plan.sentence) == (None, "")
        assert plan.recipe.training.frozen_once == "no"


def test_a_network_that_can_not_be_split_is_trained_as_ever() -> None:
    plan = plan_of("network.frozen_batchnorm=batch")
    assert plan.feed is None
    assert plan.sentence == (
        "The frozen part of the network runs in every epoch: its frozen batch norm runs on the "
        "statistics of each batch."
    )


def test_the_real_measurement_keeps_what_it_measured(own_cache: Path) -> None:
    plan = plan_of("training.frozen_once=yes")
    assert isinstance(plan.feed, FrozenFeed)
    assert len(list(own_cache.glob("frozen-v1/*/*.npy"))) == 12


def test_a_training_from_kept_results_goes_as_the_ordinary_one(own_cache: Path) -> None:
    once, always = (fitted(f"training.frozen_once={how}") for how in ("yes", "no"))
    assert len(list(own_cache.glob("frozen-v1/*/*.npy"))) == 2 * 40 + 12
    for row, other in zip(once.history, always.history, strict=True):
        assert row["train_loss"] == pytest.approx(other["train_loss"], rel=0.02, abs=1e-3)
        assert row["validation_loss"] == pytest.approx(other["validation_loss"], rel=0.05, abs=1e-3)


def test_it_goes_the_same_with_and_without_a_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    def losses() -> list[float]:
        return [row["train_loss"] for row in fitted("training.frozen_once=yes").history]

    first, again = losses(), losses()
    monkeypatch.setenv("HILUM_CACHE", "none")
    assert first == again == losses()


def test_a_second_training_never_runs_the_frozen_part(monkeypatch: pytest.MonkeyPatch) -> None:
    first = fitted("training.frozen_once=yes")
    ran: list[int] = []
    compute = FrozenFeed.compute

    def counted(self: FrozenFeed, grey: np.ndarray, *others: object) -> np.ndarray:
        ran.append(len(grey))
        return compute(self, grey, *others)  # type: ignore[arg-type]

    monkeypatch.setattr(FrozenFeed, "compute", counted)
    second = fitted("training.frozen_once=yes", "training.learning_rate=1e-3")
    assert ran == [12, 12]  # the measurement
    assert second.history[0]["train_loss"] != first.history[0]["train_loss"]
