"""The decision whether the frozen part of a network runs once, and where its outputs are stored."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from accelerate import Accelerator
from accelerate.utils import broadcast_object_list

from hilum.errors import SplitNetworkError
from hilum.learn.data import Slices
from hilum.learn.device import choose_precision
from hilum.learn.fit import TrainingJob
from hilum.learn.frozen.feed import FrozenFeed, part_key
from hilum.learn.frozen.records import KIND, record_name
from hilum.learn.frozen.submodules import split_network
from hilum.prepare import BATCH
from hilum.progress import span_text
from hilum.recipe import Recipe
from hilum.storage.cache import cache_entry, make_room

__all__ = ["TrainingPlan", "training_plan"]

HALF = 2
"""Bytes of a number in half precision."""
CHUNK = 4096
"""Block size of file systems and header of a file, bytes."""
TRIED = 2
"""Measurements, of which the fastest counts: the first is a warm-up."""


@dataclass(frozen=True)
class TrainingPlan:
    """How a network is trained.

    Attributes:
        recipe: with `frozen_once` resolved to "yes" or "no".
        feed: feeds the tail of the network; None: the complete network is fed with slices.
        sentence: the decision and its reason; empty where there was nothing to decide.
        frozen_seconds: measured, of one slice in the frozen part; 0 where it is not run once.
    """

    recipe: Recipe
    feed: FrozenFeed | None
    sentence: str
    frozen_seconds: float = 0.0


@dataclass(frozen=True)
class _Costs:
    """Costs of one slice (s, bytes): running the frozen part, storing its output, reading it."""

    run: float
    keep: float
    read: float
    known: bool


@contextmanager
def training_plan(job: TrainingJob, accelerator: Accelerator) -> Iterator[TrainingPlan]:
    """Yield the fastest way to train a network; the cache keeps outputs until the block ends.

    "auto" is decided by the first process from measured times: the frozen part on a batch of
    validation slices, and writing and reading its result. All processes follow it.

    Args:
        job: the training, its network frozen as in its recipe.
        accelerator: what it is trained on.
    """
    recipe, splits = job.recipe, (job.train, job.validation)
    requested = recipe.training.frozen_once
    if requested == "no" or not recipe.training.views:
        yield TrainingPlan(_decided(recipe, "no"), None, "")
        return
    size = recipe.input.size
    try:
        part, tail = split_network(job.network, size)
    except SplitNetworkError as error:
        sentence = f"The frozen part of the network runs in every epoch: {error}."
        yield TrainingPlan(_decided(recipe, "no"), None, sentence)
        return
    half = choose_precision(recipe.training.precision) == "bfloat16"
    part.to(accelerator.device)
    feed = FrozenFeed(part, tail, size=size, precision=torch.bfloat16 if half else torch.float32)
    with cache_entry(KIND, part_key(feed, size)) as folder:
        feed.records.folder = folder
        decision = [
            _decide(feed, recipe, splits, accelerator) if accelerator.is_main_process else None
        ]
        once, room, sentence, seconds = broadcast_object_list(decision)[0]
        if not room:
            feed.records.folder = None
        chosen = _decided(recipe, "yes" if once else "no")
        yield TrainingPlan(chosen, feed if once else None, sentence, seconds if once else 0.0)


def _decided(recipe: Recipe, chosen: str) -> Recipe:
    """Return the recipe with the chosen `frozen_once`."""
    decision = {"frozen_once": chosen}
    return recipe.model_copy(update={"training": recipe.training.model_copy(update=decision)})


def _decide(
    feed: FrozenFeed, recipe: Recipe, splits: tuple[Slices, Slices], accelerator: Accelerator
) -> tuple[bool, bool, str, float]:
    """Return whether the part runs once, whether the cache has room, the reason, and seconds."""
    requested, settings = recipe.training.frozen_once, recipe.training
    train, validation = splits
    records = settings.views * len(train) + len(validation)
    needed = records * (feed.records.count * HALF + CHUNK)
    costs = _measure(feed, validation, accelerator)
    room = costs.known or make_room(needed)
    each_epoch = settings.epochs * (len(train) + len(validation))
    always = each_epoch * costs.run
    once = (0 if costs.known else records * (costs.run + costs.keep)) + each_epoch * costs.read
    if requested == "yes" or (room and once < always):
        where = f"{needed / 1e9:.1f} GB in the cache" if room else "nothing stored: no room for it"
        return (
            True,
            room,
            (
                f"The frozen part of the network runs once for each of {settings.views} views of a "
                f"slice: about {span_text(once)} instead of {span_text(always)}; {where}."
            ),
            costs.run,
        )
    why = (
        f"running it once would take about {span_text(once)} instead of {span_text(always)}"
        if room
        else f"storing its outputs takes {needed / 1e9:.1f} GB, and the cache has no room for it"
    )
    return False, room, f"The frozen part of the network runs in every epoch: {why}.", costs.run


def _measure(feed: FrozenFeed, validation: Slices, accelerator: Accelerator) -> _Costs:
    """Return the costs of one slice, measured on the first validation slices."""
    rows = np.arange(min(BATCH, len(validation)))
    grey = validation.take(rows)
    names = [record_name(one, None) for one in grey]
    known = all(feed.records.read(name) is not None for name in names)
    run = _fastest(lambda: feed.compute(grey, None, accelerator.device))
    began = time.perf_counter()
    feed.inputs(grey, None, accelerator.device)
    keep = 0.0 if known else max(0.0, time.perf_counter() - began - run)
    read = _fastest(lambda: feed.inputs(grey, None, accelerator.device))
    return _Costs(run / len(rows), keep / len(rows), read / len(rows), known)


def _fastest(work: Callable[[], object]) -> float:
    """Return the seconds of the fastest of a few calls."""
    seconds = []
    for _ in range(TRIED):
        began = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - began)
    return min(seconds)
