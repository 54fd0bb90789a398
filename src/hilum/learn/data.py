"""Batches: which slices, in which order, seen how; all of it follows from seed and epoch.

No slice's name or place in a folder has a say: the order is drawn anew each epoch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from hilum.learn.augment import as_batch, draw_maps, draw_views
from hilum.learn.feed import Feed
from hilum.prepare import Pictures
from hilum.recipe import Recipe

__all__ = ["Slices", "as_batch", "shuffled_batches", "steps_per_epoch"]

ORDER, MAPS = 0, 1
"""Streams of chance: two things drawn in one epoch must not follow from each other."""


@dataclass(frozen=True)
class Slices:
    """Some of the decoded slices, with their classes; none is copied until it is taken.

    Attributes:
        grey: (all, size, size) uint8, memory-mapped or not.
        rows: (n,) int64, which of them these are.
        target: (n,) int64, index of the class of each.
    """

    grey: Pictures
    rows: npt.NDArray[np.int64]
    target: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.rows)

    def take(self, index: npt.NDArray[np.intp] | slice) -> npt.NDArray[np.uint8]:
        """Return the chosen ones of these slices, (k, size, size) uint8."""
        return self.grey[self.rows[index]]


def steps_per_epoch(count: int, batch_size: int) -> int:
    """Return the number of whole batches; a set smaller than one batch is one batch.

    What doesn't fill a batch is left out of this epoch (another remainder in each): batch norm
    can't train on a single slice.
    """
    return max(1, count // batch_size)


def shuffled_batches(
    slices: Slices,
    recipe: Recipe,
    feed: Feed,
    *,
    epoch: int,
    share: tuple[int, int] = (0, 1),
    device: torch.device | str = "cpu",
) -> Iterator[tuple[tuple[Tensor, ...], Tensor]]:
    """Yield the augmented batches of one epoch: what `feed` makes of them, and the target.

    Args:
        slices: what to train on.
        recipe: its augmentation, number of views, batch size (slices a step over all processes
            together) and seed. Everything random follows from seed and epoch, in any number of
            processes.
        feed: how slices get to the network.
        epoch: from 0 on.
        share: (rank, number of processes): of each batch, every process takes its share.
        device: where the batch is augmented.
    """
    settings = recipe.training
    order = np.random.default_rng([settings.seed, epoch, ORDER]).permutation(len(slices))
    draw = _drawn_anew(len(slices), recipe, epoch)
    rank, processes = share
    for step in range(steps_per_epoch(len(slices), settings.batch_size)):
        batch = order[step * settings.batch_size : (step + 1) * settings.batch_size]
        rows = np.sort(batch)[rank::processes]
        grey = slices.take(rows)
        inputs = feed.see(grey, draw(rows, grey), device)
        yield inputs, torch.from_numpy(slices.target[rows]).to(device)


Draw = Callable[[npt.NDArray[np.intp], npt.NDArray[np.uint8]], npt.NDArray[np.float32]]


def _drawn_anew(count: int, recipe: Recipe, epoch: int) -> Draw:
    """Return what gives the maps of some rows and their slices in this epoch.

    With a fixed number of views they take turns; else every slice gets a new map.
    """
    settings = recipe.training
    if settings.views:
        view = epoch % settings.views
        return lambda _, grey: draw_views(grey, recipe.augmentation, seed=settings.seed, view=view)
    rng = np.random.default_rng([settings.seed, epoch, MAPS])
    maps = draw_maps(count, recipe.augmentation, rng)
    return lambda rows, _: maps[rows]
