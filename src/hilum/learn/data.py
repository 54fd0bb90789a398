"""Batches: which slices, in which order, seen how; all of it follows from seed and epoch.

No slice's name or place in a folder has a say: the order is drawn anew each epoch.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from hilum.learn.augment import draw_maps, warp
from hilum.prepare import Pictures
from hilum.recipe import Augmentation

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
    augmentation: Augmentation,
    *,
    batch_size: int,
    seed: int,
    epoch: int,
    share: tuple[int, int] = (0, 1),
    device: torch.device | str = "cpu",
) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield the augmented batches of one epoch: grey (n, 1, size, size) float32 0..255, target.

    Args:
        slices: what to train on.
        augmentation: how far each slice may be moved.
        batch_size: slices a step over all processes together.
        seed, epoch: everything random follows from these two, in any number of processes.
        share: (rank, number of processes): of each batch, every process takes its share.
        device: where the batch is augmented.
    """
    order = np.random.default_rng([seed, epoch, ORDER]).permutation(len(slices))
    maps = draw_maps(len(slices), augmentation, np.random.default_rng([seed, epoch, MAPS]))
    rank, processes = share
    for step in range(steps_per_epoch(len(slices), batch_size)):
        rows = np.sort(order[step * batch_size : (step + 1) * batch_size])[rank::processes]
        grey = as_batch(slices.take(rows), device)
        moved = warp(grey, torch.from_numpy(maps[rows]).to(device))
        yield moved, torch.from_numpy(slices.target[rows]).to(device)


def as_batch(grey: npt.NDArray[np.uint8], device: torch.device | str) -> Tensor:
    """Return (n, size, size) uint8 as (n, 1, size, size) float32, 0..255, on `device`."""
    return torch.tensor(grey).to(device).unsqueeze(1).float()
