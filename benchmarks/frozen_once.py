"""An epoch with the frozen part run once and one with it run always, next to the multiply-adds.

    python benchmarks/frozen_once.py [--slices 64] [NETWORK ...]

Trains each tuned recipe on slices of noise, frozen at its cut (random numbers stand for weights:
the time does not depend on them). Both ways see the same views and take the same steps, epoch by
epoch in turn; the best epoch of each counts, that of the once-way with all views kept. Predicted is
the ratio of the multiply-adds: forward once, backward twice what is trained, validation forward.
"Beside" is the share of such an epoch that only goes into its batches: slices taken, moved, what
was kept read. Prints a Markdown table.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from _machine import describe, row, timed

from hilum.catalogue.networks import known_networks
from hilum.learn.checkpoint import TrainingProgress
from hilum.learn.data import Slices, shuffled_batches
from hilum.learn.device import make_accelerator
from hilum.learn.feed import Feed, SliceFeed
from hilum.learn.fit import TrainingJob, fit
from hilum.learn.frozen.plan import training_plan
from hilum.learn.networks import build_network
from hilum.learn.weights import Weights
from hilum.learn.workload import count_workload
from hilum.prepare import BATCH
from hilum.recipe import Recipe, load_recipe
from hilum.storage.cache import PLACE_VARIABLE

EPOCHS = 3
"""Of each way: the first one of the once-way computes what is kept."""
VALIDATION = 4
"""A validation slice for so many training slices, as in a split of 70 : 15 : 15."""
HEADING = (
    row("network", "input", "trained", "once: first epoch", "once: later", "always", "gain",
        "predicted", "reached", "kept a view", "beside: once", "beside: always")
    + "\n|" + "---|" * 12
)  # fmt: skip


@dataclass(frozen=True)
class Way:
    """One way to train: its epochs' seconds, those for an epoch's batches alone, and bytes kept
    for a slice and view."""

    seconds: list[float]
    batches: float
    stored: int


def recipe_of(name: str, how: str) -> Recipe:
    """Return a tuned recipe of one view."""
    return load_recipe(name, [f"training.frozen_once={how}", "training.views=1",
                              f"training.epochs={EPOCHS}", "training.patience=0"])  # fmt: skip


def train(name: str, how: str, slices: int) -> Way:
    """Train on noise in one of the two ways."""
    recipe = recipe_of(name, how)
    job = job_of(recipe, slices)
    accelerator = make_accelerator()
    with training_plan(job, accelerator) as plan:
        job.feed = plan.feed
        trained: TrainingProgress = fit(job, accelerator)
        stored = 2 * plan.feed.records.count if plan.feed else 0
        feed = plan.feed or SliceFeed(job.network)
        batches = min(timed(lambda: feed_all(job, feed), EPOCHS))
    return Way([line["seconds"] for line in trained.history], batches, stored)


def feed_all(job: TrainingJob, feed: Feed) -> None:
    """Make all batches of an epoch, and do nothing with them."""
    for _ in shuffled_batches(job.train, job.recipe, feed, epoch=0):
        pass
    for first in range(0, len(job.validation), BATCH):
        feed.inputs(job.validation.take(slice(first, first + BATCH)), None, "cpu")


def job_of(recipe: Recipe, slices: int) -> TrainingJob:
    """Return a training on noise."""
    size, count = recipe.input.size, slices + slices // VALIDATION
    grey = np.random.default_rng(0).integers(0, 256, (count, size, size), dtype=np.uint8)
    target = np.arange(count) % 2
    torch.manual_seed(0)
    start = Weights.placeholder(recipe, (0.5,) * 3, (0.25,) * 3)
    return TrainingJob(
        network=build_network(recipe, start, classes=2, frozen_random=True),
        train=Slices(grey, np.arange(slices), target[:slices]),
        validation=Slices(grey, np.arange(slices, count), target[slices:]),
        recipe=recipe, positive=1, folder=None,
    )  # fmt: skip


def predicted_gain(recipe: Recipe) -> tuple[float, float]:
    """Return how many times the multiply-adds of a kept epoch an ordinary one has, and the share
    of the forward multiply-adds that is trained."""
    start = Weights.placeholder(recipe, (0.5,) * 3, (0.25,) * 3)
    network = build_network(recipe, start, classes=2, frozen_random=True)
    work = count_workload(network, size=recipe.input.size)
    frozen, trained = work.macs - work.trained_macs, work.trained_macs
    stored = 3 * trained + trained / VALIDATION
    return (stored + frozen * (1 + 1 / VALIDATION)) / stored, trained / work.macs


def line(name: str, slices: int) -> str:
    """Measure one network; return its line of the table."""
    recipe = recipe_of(name, "yes")
    predicted, share = predicted_gain(recipe)
    once, always = train(name, "yes", slices), train(name, "no", slices)
    later, ordinary = min(once.seconds[1:]), min(always.seconds)
    gain = ordinary / later
    return row(name, recipe.input.size, f"{share:.1%}", f"{once.seconds[0]:.1f} s",
               f"{later:.1f} s", f"{ordinary:.1f} s", f"{gain:.2f}", f"{predicted:.2f}",
               f"{gain / predicted:.0%}", f"{once.stored / 1e6:.2f} MB",
               f"{once.batches / later:.1%}", f"{always.batches / ordinary:.1%}")  # fmt: skip


def in_own_cache(work: Callable[[], None]) -> None:
    """Do something with a cache of its own that is gone afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ[PLACE_VARIABLE] = str(Path(folder) / "cache")
        work()


def main() -> None:
    """Print the table, line by line as it comes."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    options.add_argument("networks", nargs="*", default=list(known_networks()))
    options.add_argument("--slices", type=int, default=64, help="training slices of an epoch")
    requested = options.parse_args()

    def table() -> None:
        validation = requested.slices // VALIDATION
        epoch = f"{requested.slices} training slices, {validation} validation slices"
        print(f"{describe()}\n- An epoch: {epoch}\n\n{HEADING}", flush=True)
        for name in requested.networks:
            print(line(name, requested.slices), flush=True)

    in_own_cache(table)


if __name__ == "__main__":
    main()
