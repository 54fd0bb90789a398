"""A few steps of a training, taken to measure time and memory, then discarded."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from statistics import fmean

import numpy as np
import torch
from accelerate import Accelerator
from torch import nn

from hilum.learn.data import steps_per_epoch
from hilum.learn.device import autocast, choose_precision
from hilum.learn.feed import Feed, SliceFeed
from hilum.learn.fit import (
    TrainingJob,
    class_weights,
    make_optimiser,
    train_step,
    training_batches,
)
from hilum.prepare import BATCH

__all__ = ["Rehearsal", "process_memory", "rehearse"]

TRIED = 3
"""Number of measured steps: enough for a mean, and quick even for a large network."""


@dataclass(frozen=True)
class Rehearsal:
    """Time and memory of a few steps.

    Attributes:
        steps: of one epoch.
        new_step, known_step: seconds of a step whose slices have a view for the first time, and of
            one whose frozen outputs are stored; equal where none are stored.
        new_validation, known_validation: the same of all validation slices.
        new_epochs: number of epochs in which each slice has a new view of a fixed set.
        memory: peak memory of this process after the steps, bytes; None where the system does not
            report it.
        gpu_memory: peak memory on the GPU, bytes; None without one.
    """

    steps: int
    new_step: float
    known_step: float
    new_validation: float
    known_validation: float
    new_epochs: int
    memory: int | None
    gpu_memory: int | None

    def seconds_of(self, epochs: int) -> float:
        """Return the seconds that `epochs` epochs take, decoding and export not counted."""
        new = min(epochs, self.new_epochs)
        steps = self.steps * (new * self.new_step + (epochs - new) * self.known_step)
        return steps + self.new_validation + (epochs - 1) * self.known_validation


def rehearse(job: TrainingJob, accelerator: Accelerator) -> Rehearsal:
    """Take a few steps of a training twice, and run its validation slices.

    The first pass is also a warm-up and stores frozen outputs, as the training would; the network
    of `job` is changed by the steps, so that no training may start from it.

    Args:
        job: the training, with its feed.
        accelerator: what it is trained on.
    """
    feed = job.feed or SliceFeed(job.network)
    optimiser = make_optimiser(job.network, job.recipe)
    network, optimiser = accelerator.prepare(feed.network, optimiser)
    if job.recipe.training.compile:
        network = torch.compile(network)
    new, known = (_steps(job, feed, (network, optimiser), accelerator) for _ in range(2))
    new_seen, known_seen = (_validation(job, feed, network, accelerator) for _ in range(2))
    known_step = fmean(known)
    gpu = torch.cuda.max_memory_allocated() if accelerator.device.type == "cuda" else None
    return Rehearsal(
        steps=steps_per_epoch(len(job.train), job.recipe.training.batch_size),
        new_step=fmean(new[1:] or new) if job.feed else known_step,
        known_step=known_step,
        new_validation=new_seen if job.feed else known_seen,
        known_validation=known_seen,
        new_epochs=job.recipe.training.views if job.feed else 0,
        memory=process_memory(),
        gpu_memory=gpu,
    )


def process_memory() -> int | None:
    """Return the peak memory of this process, bytes; None on Windows."""
    if sys.platform == "win32":
        return None
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def _steps(
    job: TrainingJob,
    feed: Feed,
    prepared: tuple[nn.Module, torch.optim.Optimizer],
    accelerator: Accelerator,
) -> list[float]:
    """Return the seconds of the first steps of the first epoch."""
    settings, device = job.recipe.training, accelerator.device
    weights = class_weights(job.train.target, len(job.recipe.classes.names), settings.class_weights)
    weights = weights.to(device) if weights is not None else None
    batches = training_batches(job, feed, accelerator, epoch=0)
    prepared[0].train()
    seconds: list[float] = []
    began = time.perf_counter()
    for batch in batches:
        train_step(job, prepared, accelerator, batch, weights)
        seconds.append(time.perf_counter() - began)
        if len(seconds) == TRIED:
            break
        began = time.perf_counter()
    return seconds


@torch.no_grad()
def _validation(
    job: TrainingJob, feed: Feed, network: nn.Module, accelerator: Accelerator
) -> float:
    """Return the seconds of all validation slices, extrapolated from the last batch."""
    network.eval()
    count = len(job.validation)
    rows = np.arange(max(0, count - BATCH), count)
    began = time.perf_counter()
    inputs = feed.inputs(job.validation.take(rows), None, accelerator.device)
    with autocast(accelerator.device, choose_precision(job.recipe.training.precision)):
        network(*inputs).float().cpu()
    took = time.perf_counter() - began
    return float(took * count / (len(rows) * accelerator.num_processes))
