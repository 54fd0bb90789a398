"""Batches: which slices, in which order, how augmented; all of it derived from seed and epoch.

Names of slices and their order in a folder have no influence: the order is drawn again for each
epoch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from hilum.learn.augment import as_batch, draw_maps, draw_views
from hilum.learn.feed import Feed
from hilum.prepare import Pictures
from hilum.recipe import Recipe

__all__ = ["Batch", "Slices", "as_batch", "shuffled_batches", "steps_per_epoch"]

ORDER, MAPS = 0, 1
"""Random streams: two draws within an epoch must be independent of each other."""


@dataclass(frozen=True)
class Slices:
    """A selection of decoded slices with their classes; pixels are copied only by `take`.

    Attributes:
        grey: (all, size, size) uint8, memory-mapped or not.
        rows: (n,) int64, the selected ones.
        target: (n,) int64, index of the class of each.
    """

    grey: Pictures
    rows: npt.NDArray[np.int64]
    target: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.rows)

    def take(self, index: npt.NDArray[np.intp] | slice) -> npt.NDArray[np.uint8]:
        """Return the slices at `index` of this selection, (k, size, size) uint8."""
        return self.grey[self.rows[index]]


class Batch(NamedTuple):
    """What a network is trained on in one step.

    Attributes:
        inputs: what it is called with.
        target: (n,) int64, index of the class of each slice.
        allowed: (n, classes) bool, classes that a slice's own is compared with; None: all.
        lesions: (n, 1, size, size) float32, share of each pixel that is the lesion; None: unknown.
        judged: (n, classes) bool, classes of which it is known where in a slice they are, or that
            they are nowhere; None where `lesions` is.
    """

    inputs: tuple[Tensor, ...]
    target: Tensor
    allowed: Tensor | None = None
    lesions: Tensor | None = None
    judged: Tensor | None = None


def steps_per_epoch(count: int, batch_size: int) -> int:
    """Return the number of full batches; a set smaller than one batch is one batch.

    The remainder is left out (a different one in each epoch): batch norm can't train on a single
    slice.
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
) -> Iterator[Batch]:
    """Yield the augmented batches of one epoch: the inputs that `feed` returns, and the target.

    Args:
        slices: what to train on.
        recipe: its augmentation, number of views, batch size (slices per step, all processes
            together) and seed. Everything random is derived from seed and epoch, whatever the
            number of processes.
        feed: turns slices into the network's inputs.
        epoch: from 0 on.
        share: (rank, number of processes): of each batch, every process takes its share.
        device: where the batch is augmented.
    """
    settings = recipe.training
    order = np.random.default_rng([settings.seed, epoch, ORDER]).permutation(len(slices))
    draw = _map_drawer(len(slices), recipe, epoch)
    rank, processes = share
    for step in range(steps_per_epoch(len(slices), settings.batch_size)):
        batch = order[step * settings.batch_size : (step + 1) * settings.batch_size]
        rows = np.sort(batch)[rank::processes]
        grey = slices.take(rows)
        inputs = feed.inputs(grey, draw(rows, grey), device)
        yield Batch(inputs, torch.from_numpy(slices.target[rows]).to(device))


Draw = Callable[[npt.NDArray[np.intp], npt.NDArray[np.uint8]], npt.NDArray[np.float32]]


def _map_drawer(count: int, recipe: Recipe, epoch: int) -> Draw:
    """Return the function that draws the affine maps of rows and their slices in this epoch.

    With a fixed number of views, the views take turns; else every slice gets a new map.
    """
    settings = recipe.training
    if settings.views:
        view = epoch % settings.views
        return lambda _, grey: draw_views(grey, recipe.augmentation, seed=settings.seed, view=view)
    rng = np.random.default_rng([settings.seed, epoch, MAPS])
    maps = draw_maps(count, recipe.augmentation, rng)
    return lambda rows, _: maps[rows]
