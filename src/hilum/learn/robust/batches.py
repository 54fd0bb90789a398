"""Batches of examples: drawn, seen through a random map, and as another scanner may show them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch

from hilum.learn.augment import as_batch, draw_maps, warp
from hilum.learn.data import Batch, steps_per_epoch
from hilum.learn.robust.examples import Example, ExampleSource
from hilum.learn.robust.wide import change_look, changes_look
from hilum.recipe import Recipe

__all__ = ["example_batches"]

ORDER, DRAWN, SEEN, LOOK = 0, 3, 4, 5
"""Streams of chance, besides those of `hilum.learn.data`."""


def example_batches(
    examples: ExampleSource,
    recipe: Recipe,
    *,
    epoch: int,
    share: tuple[int, int] = (0, 1),
    device: torch.device | str = "cpu",
) -> Iterator[Batch]:
    """Yield the batches of one epoch, which is as many examples as there are training slices.

    Args:
        examples: what they are drawn from.
        recipe: its sampling, augmentation, batch size and seed. Everything random follows from
            seed, epoch and an example's number, in any number of processes.
        epoch: from 0 on.
        share: (rank, number of processes): of each batch, every process takes its share.
        device: where the batch goes.
    """
    settings, (rank, processes) = recipe.training, share
    count = len(examples.stock.rows)
    order = np.random.default_rng([settings.seed, epoch, ORDER]).permutation(count)
    for step in range(steps_per_epoch(count, settings.batch_size)):
        first = step * settings.batch_size
        numbers = range(first + rank, min(first + settings.batch_size, count), processes)
        drawn = []
        for number in numbers:
            rng = np.random.default_rng([settings.seed, epoch, DRAWN, number])
            drawn.append(
                examples.draw(rng)
                if settings.sampling == "balanced"
                else examples.vary(int(order[number]), rng)
            )
        yield _batch(examples, drawn, recipe, seed=(epoch, step, rank), device=device)


def _batch(
    examples: ExampleSource,
    drawn: list[Example],
    recipe: Recipe,
    *,
    seed: tuple[int, int, int],
    device: torch.device | str,
) -> Batch:
    """Return examples as a batch: moved by random maps with their lesions, and changed in look."""
    rng = np.random.default_rng([recipe.training.seed, *seed, SEEN])
    maps = torch.from_numpy(draw_maps(len(drawn), recipe.augmentation, rng))
    grey = warp(as_batch(np.stack([one.grey for one in drawn]), "cpu"), maps)
    lesions = warp(as_batch(np.stack([one.lesion for one in drawn]).astype(np.uint8), "cpu"), maps)
    if changes_look(recipe.augmentation):
        words = np.random.SeedSequence([recipe.training.seed, *seed, LOOK]).generate_state(1)
        generator = torch.Generator().manual_seed(int(words[0]))
        grey = change_look(grey, recipe.augmentation, generator)
    sources = np.array([one.source for one in drawn])
    restricted = recipe.training.restricted
    allowed = torch.from_numpy(examples.holds[sources]) if restricted else None
    judged = torch.from_numpy(np.stack([one.judged for one in drawn]))
    return Batch(
        (grey.to(device),),
        torch.tensor([one.target for one in drawn]).to(device),
        None if allowed is None else allowed.to(device),
        lesions.to(device),
        judged.to(device),
    )
