"""The training loop: plain, on accelerate, so that several GPUs or machines need no other code."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from accelerate import Accelerator
from torch import Tensor, nn
from torch.nn import functional as F

from hilum.errors import RunError
from hilum.learn.checkpoint import HistoryRow, TrainingProgress, load_checkpoint, save_checkpoint
from hilum.learn.data import Batch, Slices, shuffled_batches, steps_per_epoch
from hilum.learn.device import autocast, choose_precision
from hilum.learn.feed import Feed, SliceFeed
from hilum.learn.keras_adam import KerasAdam
from hilum.learn.networks import Classifier
from hilum.learn.robust.batches import example_batches
from hilum.learn.robust.examples import ExampleSource
from hilum.learn.robust.losses import lesion_loss, restrict
from hilum.learn.robust.map_head import MapHead
from hilum.learn.robust.running_mean import RunningMean
from hilum.learn.timing.clock import TrainingClock
from hilum.prepare import BATCH
from hilum.progress import SILENT, Progress, report_time_left
from hilum.recipe import Recipe
from hilum.scores import auc

__all__ = [
    "TrainingJob",
    "class_weights",
    "fit",
    "loss_of",
    "make_optimiser",
    "rate_at",
    "train_step",
    "training_batches",
]


@dataclass
class TrainingJob:
    """One training: network, slices, settings.

    Attributes:
        network: changed in place.
        train, validation: decoded slices.
        recipe: its settings; `positive` is the index of the recipe's positive class.
        folder: where checkpoints go; None: none are written, and the network ends as it was after
            the last epoch, whichever was the best.
        feed: turns slices into inputs of the trained part of the network; None: the complete
            network is trained on slices.
        frozen_seconds: of one slice in the part of the network that `feed` runs once.
        examples: what the training examples are drawn from; None: the training slices, each once
            in an epoch.
        after_epoch: called after each epoch with the progress so far; the training stops if it
            returns False. It must return the same in every process.
    """

    network: Classifier
    train: Slices
    validation: Slices
    recipe: Recipe
    positive: int
    folder: Path | None
    feed: Feed | None = None
    frozen_seconds: float = 0.0
    examples: ExampleSource | None = None
    after_epoch: Callable[[TrainingProgress], bool] | None = None


def fit(
    job: TrainingJob, accelerator: Accelerator, progress: Progress = SILENT
) -> TrainingProgress:
    """Train for the recipe's epochs, resuming from the folder's checkpoint if there is one.

    The main process writes the checkpoint after each epoch; a training that is killed and resumed
    gives the same metrics as an uninterrupted one, since everything random is derived from the
    recipe's seed and the epoch.
    """
    settings = job.recipe.training
    optimiser = make_optimiser(job.network, job.recipe)
    folder = job.folder
    mean = RunningMean(job.network, settings.averaging) if settings.averaging else None
    trained = (
        load_checkpoint(folder, job.network, optimiser, mean) if folder else TrainingProgress()
    )
    feed = job.feed or SliceFeed(job.network)
    network, optimiser = accelerator.prepare(feed.network, optimiser)
    if settings.compile:
        network = torch.compile(network)
    clock = TrainingClock(
        job.recipe, steps=steps_per_epoch(len(job.train), settings.batch_size),
        validation=-(-len(job.validation) // accelerator.num_processes),
        frozen_seconds=job.frozen_seconds,
    )  # fmt: skip
    reporter = _Reporter(progress, clock)
    while trained.epochs < settings.epochs and not _patience_is_over(trained, settings.patience):
        row = _one_epoch(
            job, feed, (network, optimiser, mean), accelerator, trained.epochs, reporter
        )
        best = not trained.history or _rank(row, settings.select_by) > _rank(
            trained.history[trained.best_epoch - 1], settings.select_by
        )
        trained.history.append(row)
        if best or settings.keep == "last":
            trained.best_epoch = trained.epochs
        if accelerator.is_main_process:
            if folder:
                save_checkpoint(folder, job.network, optimiser, trained, mean)
            progress.say(_line(row, settings.epochs, best))
        accelerator.wait_for_everyone()
        if job.after_epoch and not job.after_epoch(trained):
            break
    return trained


def make_optimiser(network: Classifier, recipe: Recipe) -> torch.optim.Optimizer:
    """Return the recipe's optimiser; the backbone has its own learning rate."""
    backbone = [p for p in network.backbone.parameters() if p.requires_grad]
    groups = [{"params": list(network.head.parameters()), "rate": recipe.training.learning_rate}]
    if backbone:
        groups.append({"params": backbone, "rate": recipe.training.backbone_learning_rate})
    settings = recipe.training
    if settings.optimizer == "keras-adam":
        return KerasAdam(groups, lr=0.0, eps=settings.epsilon)
    return torch.optim.AdamW(
        groups, lr=0.0, eps=settings.epsilon, weight_decay=settings.weight_decay, fused=True
    )


def rate_at(step: int, steps: int, warmup: int) -> float:
    """Return the share of the full learning rate at `step` of `steps`: linear up, cosine down."""
    if step < warmup:
        return (step + 1) / warmup
    return 0.5 * (1 + math.cos(math.pi * (step - warmup) / max(1, steps - warmup)))


def loss_of(logits: Tensor, target: Tensor, *, kind: str, weights: Tensor | None = None) -> Tensor:
    """Return the mean loss of logits (n, classes) and target (n,) int64.

    "softmax": cross-entropy. "sigmoid": binary cross-entropy of every logit against one-hot
    targets, mean over both, which is what the published code trains on.
    """
    if kind == "softmax":
        return F.cross_entropy(logits, target, weight=weights)
    one_hot = F.one_hot(target, logits.shape[1]).to(logits.dtype)
    each = F.binary_cross_entropy_with_logits(logits, one_hot, reduction="none").mean(dim=1)
    if weights is None:
        return each.mean()
    return (each * weights[target]).sum() / weights[target].sum()


def class_weights(target: npt.NDArray[np.int64], classes: int, kind: str) -> Tensor | None:
    """Return weights (classes,) that balance the classes, or None for kind "none"."""
    if kind == "none":
        return None
    counts = np.bincount(target, minlength=classes)
    return torch.tensor(len(target) / (classes * counts), dtype=torch.float32)


def _one_epoch(
    job: TrainingJob,
    feed: Feed,
    prepared: tuple[nn.Module, torch.optim.Optimizer, RunningMean | None],
    accelerator: Accelerator,
    done: int,
    reporter: _Reporter,
) -> HistoryRow:
    """Train one epoch and validate; return its row of history."""
    network, optimiser, mean = prepared
    recipe, began = job.recipe, time.perf_counter()
    settings = recipe.training
    steps = steps_per_epoch(len(job.train), settings.batch_size)
    torch.manual_seed(_dropout_seed(settings.seed, done, accelerator.process_index))
    weights = class_weights(job.train.target, _classes(job), settings.class_weights)
    weights = weights.to(accelerator.device) if weights is not None else None
    batches = training_batches(job, feed, accelerator, epoch=done)
    network.train()
    total = 0.0
    reporter.begin_epoch(f"epoch {done + 1} of {settings.epochs}", done, steps)
    for step, batch in enumerate(batches):
        _set_rate(optimiser, recipe, done * steps + step, steps)
        total += train_step(job, (network, optimiser), accelerator, batch, weights)
        if mean:
            mean.update(job.network)
        reporter.after_step(step + 1)
    row = (
        _validate(job, SliceFeed(mean.network), mean.network, accelerator)
        if mean
        else _validate(job, feed, network, accelerator)
    )
    reporter.end_epoch()
    if not (math.isfinite(total) and math.isfinite(row["validation_loss"])):
        raise RunError(
            f"the loss is not a number in epoch {done + 1}: the training diverged; lower "
            f"training.learning_rate and training.backbone_learning_rate."
        )
    rate = max(group["lr"] for group in optimiser.param_groups)
    took = time.perf_counter() - began
    return {"epoch": done + 1, "learning_rate": rate, "train_loss": total / steps, **row,
            "seconds": round(took, 3)}  # fmt: skip


def train_step(
    job: TrainingJob,
    prepared: tuple[nn.Module, torch.optim.Optimizer],
    accelerator: Accelerator,
    batch: Batch,
    weights: Tensor | None,
) -> float:
    """Take one step on a batch and return its loss, averaged over all processes.

    Args:
        job: the training.
        prepared: the trained part of the network, in training mode, and its optimiser.
        accelerator: what it is trained on.
        batch: what it is trained on.
        weights: see `class_weights`, on the device.
    """
    (network, optimiser), target, settings = prepared, batch.target, job.recipe.training
    with autocast(accelerator.device, choose_precision(settings.precision)):
        logits = network(*batch.inputs)
    logits = restrict(logits.float(), batch.allowed)
    loss = loss_of(logits, target, kind=settings.loss, weights=weights)
    if settings.lesion_loss:
        loss = loss + settings.lesion_loss * _loss_of_cells(job.network, batch)
    loss = loss * _share_of_batch(target, weights, accelerator)
    optimiser.zero_grad(set_to_none=True)
    accelerator.backward(loss)
    optimiser.step()
    return float(accelerator.reduce(loss.detach(), reduction="mean"))


class _Reporter:
    """Reports the steps of a training, each with the time left of all epochs."""

    def __init__(self, progress: Progress, clock: TrainingClock) -> None:
        self.progress, self.clock = progress, clock
        self.task, self.epoch, self.steps, self.trained = "", 0, 0, 0.0

    def begin_epoch(self, task: str, epoch: int, steps: int) -> None:
        """Begin a task of so many steps; `epoch` epochs are done."""
        self.task, self.epoch, self.steps = task, epoch, steps
        self.clock.begin_epoch()

    def after_step(self, step: int) -> None:
        """Report that so many steps are done."""
        report_time_left(self.progress, self.clock.after_step(self.epoch, step))
        self.trained = time.perf_counter()
        self.progress.advance(self.task, step, self.steps)

    def end_epoch(self) -> None:
        """Report the time left after validation."""
        took = time.perf_counter() - self.trained
        report_time_left(self.progress, self.clock.after_validation(self.epoch, took))


def training_batches(
    job: TrainingJob, feed: Feed, accelerator: Accelerator, *, epoch: int
) -> Iterator[Batch]:
    """Return the batches of one epoch, this process's share of each."""
    share, device = (accelerator.process_index, accelerator.num_processes), accelerator.device
    if job.examples is not None:
        return example_batches(job.examples, job.recipe, epoch=epoch, share=share, device=device)
    return shuffled_batches(job.train, job.recipe, feed, epoch=epoch, share=share, device=device)


def _loss_of_cells(network: Classifier, batch: Batch) -> Tensor:
    """Return the loss of the last batch's map of scores against its lesions."""
    head = network.head
    assert isinstance(head, MapHead)  # the recipe has been checked
    assert batch.lesions is not None and batch.judged is not None
    cells = head.take_cells()
    mapped = torch.tensor(head.mapped, device=cells.device)
    found = batch.target[:, None] == mapped
    target = torch.where(found.any(dim=1), found.int().argmax(dim=1), -1)
    return lesion_loss(cells.float(), batch.lesions, target, batch.judged[:, mapped])


def _dropout_seed(seed: int, epoch: int, process: int) -> int:
    """Return the seed of dropout for one epoch and process: no two are equal."""
    return int(np.random.SeedSequence([seed, epoch, process]).generate_state(1)[0])


def _share_of_batch(target: Tensor, weights: Tensor | None, accelerator: Accelerator) -> float:
    """Return the weight of this process's mean loss: 1 where all processes count the same.

    Gradients are averaged over the processes; with class weights, or shares of different size, that
    differs from the mean over the complete batch, and this weight corrects it.
    """
    if accelerator.num_processes == 1:
        return 1.0
    own = weights[target].sum() if weights is not None else torch.tensor(float(len(target)))
    own = own.to(accelerator.device)
    summed = accelerator.reduce(own.clone(), reduction="sum")
    return float(own * accelerator.num_processes / summed)


def _classes(job: TrainingJob) -> int:
    """Return the number of outputs."""
    head = job.network.head
    if isinstance(head, MapHead):
        return head.classes
    return int(head[-1].out_features)  # type: ignore[index]


def _set_rate(
    optimiser: torch.optim.Optimizer, recipe: Recipe, step: int, steps_an_epoch: int
) -> None:
    """Set every parameter group's learning rate for this step of the training."""
    settings = recipe.training
    warmup = round(settings.warmup_epochs * steps_an_epoch)
    share = rate_at(step, settings.epochs * steps_an_epoch, warmup)
    if settings.schedule == "constant":
        share = 1.0
    for group in optimiser.param_groups:
        group["lr"] = group["rate"] * share


@torch.no_grad()
def _validate(
    job: TrainingJob, feed: Feed, network: nn.Module, accelerator: Accelerator
) -> HistoryRow:
    """Return loss, accuracy and AUC on the validation slices, divided among the processes."""
    network.eval()
    count, processes = len(job.validation), accelerator.num_processes
    each = -(-count // processes)
    rows = np.arange(each) + each * accelerator.process_index
    rows = np.minimum(rows, count - 1)  # the last process repeats a slice where it has too few
    device, logits = accelerator.device, []
    precision = choose_precision(job.recipe.training.precision)
    for first in range(0, each, BATCH):
        inputs = feed.inputs(job.validation.take(rows[first : first + BATCH]), None, device)
        with autocast(device, precision):
            logits.append(network(*inputs).float())
    gathered = accelerator.gather(torch.cat(logits))[:count].cpu()
    target = torch.from_numpy(job.validation.target)
    settings = job.recipe.training
    score = torch.softmax(gathered.double(), dim=1)[:, job.positive].numpy()
    return {
        "validation_loss": float(loss_of(gathered, target, kind=settings.loss)),
        "validation_accuracy": float((gathered.argmax(dim=1) == target).double().mean()),
        "validation_auc": auc(job.validation.target == job.positive, score),
    }


def _rank(row: HistoryRow, by: str) -> tuple[float, float]:
    """Return the sort key of an epoch: the chosen metric, then the lower loss."""
    return (-row["validation_loss"] if by == "loss" else row[f"validation_{by}"]), -row[
        "validation_loss"
    ]


def _patience_is_over(trained: TrainingProgress, patience: int) -> bool:
    """Whether the last `patience` epochs brought no improvement (0: never)."""
    return bool(patience) and trained.epochs - trained.best_epoch >= patience


def _line(row: HistoryRow, epochs: int, best: bool) -> str:
    """Report the results of an epoch in one line."""
    return (
        f"epoch {row['epoch']:.0f} of {epochs}: train loss {row['train_loss']:.4f}, validation "
        f"loss {row['validation_loss']:.4f}, accuracy {row['validation_accuracy']:.3f}, "
        f"AUC {row['validation_auc']:.3f}{' (best so far)' if best else ''}"
    )
