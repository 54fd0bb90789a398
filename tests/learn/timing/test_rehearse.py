"""A few steps of a training, measured."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import torch
from torch import Tensor

from hilum.learn.data import Slices
from hilum.learn.device import make_accelerator
from hilum.learn.feed import SliceFeed
from hilum.learn.fit import TrainingJob
from hilum.learn.networks import build_network
from hilum.learn.timing.rehearse import Rehearsal, process_memory, rehearse
from hilum.learn.weights import Weights
from hilum.recipe import parse_recipe

RECIPE = """
[network]
backbone = "test_resnet"
hidden = [8]
[input]
size = 32
[training]
epochs = 4
batch_size = 8
precision = "float32"
views = 3
"""
MEASURED = Rehearsal(
    steps=10, new_step=2.0, known_step=0.5, new_validation=7.0, known_validation=1.0,
    new_epochs=3, memory=None, gpu_memory=None,
)  # fmt: skip


def small_job() -> TrainingJob:
    """40 slices of noise to train on, five steps an epoch, and 12 to validate on."""
    recipe = parse_recipe(RECIPE, name="x", changes=('classes.names=["cancer", "pneumonia"]',))
    torch.manual_seed(0)
    start = Weights.placeholder(recipe, (0.5, 0.5, 0.5), (0.2, 0.2, 0.2))
    grey = np.random.default_rng(0).integers(0, 255, (52, 32, 32), dtype=np.uint8)
    target = np.arange(52) % 2
    return TrainingJob(
        network=build_network(recipe, start, classes=2),
        train=Slices(grey, np.arange(40), target[:40]),
        validation=Slices(grey, np.arange(40, 52), target[40:]),
        recipe=recipe,
        positive=0,
        folder=None,
    )


class CountingFeed(SliceFeed):
    """Counts the batches that go through it."""

    seen = 0

    def inputs(
        self,
        grey: npt.NDArray[np.uint8],
        maps: npt.NDArray[np.float32] | None,
        device: torch.device | str,
    ) -> tuple[Tensor, ...]:
        self.seen += 1
        return super().inputs(grey, maps, device)


def test_the_first_views_cost_what_a_new_one_takes_and_later_ones_less() -> None:
    # 3 new epochs of 10 steps at 2 s, 2 known ones at 0.5 s; validation once new, four times known
    assert MEASURED.seconds_of(5) == 3 * 10 * 2.0 + 2 * 10 * 0.5 + 7.0 + 4 * 1.0
    assert MEASURED.seconds_of(2) == 2 * 10 * 2.0 + 7.0 + 1.0
    assert replace(MEASURED, new_epochs=0).seconds_of(1) == 10 * 0.5 + 7.0


def test_few_steps_are_taken_and_an_epoch_is_counted() -> None:
    job = small_job()
    job.feed = feed = CountingFeed(job.network)
    found = rehearse(job, make_accelerator())
    assert found.steps == 5
    assert feed.seen == 2 * (3 + 1)  # two passes of three steps and a batch of validation slices
    assert found.new_epochs == 3
    assert 0 < found.known_step < 60 and 0 < found.known_validation < 60
    assert found.gpu_memory is None


def test_without_a_cache_no_view_is_dearer_than_another() -> None:
    found = rehearse(small_job(), make_accelerator())
    assert found.new_epochs == 0
    assert (found.new_step, found.new_validation) == (found.known_step, found.known_validation)


def test_memory_is_that_of_the_process_in_bytes() -> None:
    """Linux says the same in /proc, in kB."""
    status = Path("/proc/self/status")
    if not status.is_file():
        pytest.skip("only Linux tells it in a file")
    line = next(li for li in status.read_text().splitlines() if li.startswith("VmHWM"))
    peak = process_memory()
    assert peak == pytest.approx(int(line.split()[1]) * 1024, rel=0.1)
