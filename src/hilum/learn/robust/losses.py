"""Losses that telling the sources apart can't lower, and the loss of a map against lesions."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

__all__ = ["cell_targets", "lesion_loss", "restrict"]

FILLED = 0.25
"""Share of a cell that a lesion fills for the cell to count as lesion."""
NEARLY_LARGEST = 0.7
"""A lesion smaller than a cell counts in the cells that it fills nearly as much as the best one."""
TOUCHED = 0.01
"""Share of a cell that a lesion fills for the cell to be left out, as are its neighbours."""
LESION_WEIGHT, OTHER_WEIGHT = 0.5, 2.0
"""Of the mean loss of the cells with a lesion, and of that of the others, which is smaller."""


def restrict(logits: Tensor, allowed: Tensor | None) -> Tensor:
    """Return logits (n, classes) with those of classes that aren't `allowed` (n, classes) at -inf.

    Cross-entropy then compares a slice's class only with the allowed ones: restricted softmax.
    """
    return logits if allowed is None else logits.masked_fill(~allowed, float("-inf"))


def cell_targets(lesions: Tensor, side: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """Return which cells of a map hold a lesion, and which are too near to one to say no.

    Args:
        lesions: (n, 1, size, size) float32, share of each pixel that is lesion.
        side: rows and columns of the map.

    Returns:
        both (n, rows, columns) bool.
    """
    filled = F.adaptive_avg_pool2d(lesions, side)
    largest = filled.flatten(1).amax(dim=1)[:, None, None, None]
    holds = (filled > FILLED) | ((filled >= NEARLY_LARGEST * largest) & (filled > TOUCHED))
    near = F.max_pool2d((filled > TOUCHED).float(), 3, stride=1, padding=1) > 0
    return holds[:, 0], (near & ~holds)[:, 0]


def lesion_loss(cells: Tensor, lesions: Tensor, target: Tensor, judged: Tensor) -> Tensor:
    """Return the loss of a map's scores against where the lesions are.

    Args:
        cells: (n, classes, rows, columns) scores of the mapped classes.
        lesions: (n, 1, size, size) float32, share of each pixel that is the lesion.
        target: (n,) index of the slice's class among the mapped ones, -1 for none of them.
        judged: (n, classes) bool, classes of which it is known where in the slice they are, or
            that they are nowhere.
    """
    rows, columns = int(cells.shape[2]), int(cells.shape[3])
    holds, near = cell_targets(lesions, (rows, columns))
    own = F.one_hot(target + 1, cells.shape[1] + 1)[:, 1:, None, None].bool()
    truth = own & holds[:, None]
    counted = judged[:, :, None, None] & ~(own & near[:, None])
    each = F.binary_cross_entropy_with_logits(cells, truth.float(), reduction="none")
    return LESION_WEIGHT * _mean(each, truth & counted) + OTHER_WEIGHT * _mean(
        each, counted & ~truth
    )


def _mean(values: Tensor, chosen: Tensor) -> Tensor:
    """Return the mean of the chosen values, 0 where none is chosen."""
    return torch.where(chosen, values, 0.0).sum() / chosen.sum().clamp(min=1)
