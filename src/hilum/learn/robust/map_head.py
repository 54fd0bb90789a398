"""A head that scores every cell of a map, and the slice by the log-sum-exp of its cells."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

__all__ = ["MapHead"]

WIDTH = 96
"""Channels of the joined map: a linear classifier on them has to tell lesions apart, no more."""
DROPPED = 0.2
"""Share of the channels that are dropped while training."""
RARE = -5.0
"""Score of a cell to begin with: few cells hold a lesion."""
CELLS_OF_A_LESION = 4.0
"""A slice scores as much as its cells if this many of them show the lesion."""


class MapHead(nn.Module):
    """Joins feature maps, scores each cell for each class, and the slice by its cells.

    The healthy class has no map: its score is one learnt number, so that a slice is healthy where
    no cell says otherwise. The score of a slice is log(sum(exp(cells)) / CELLS_OF_A_LESION).
    """

    def __init__(self, channels: Sequence[int], *, classes: int, healthy: int | None) -> None:
        """Make the head.

        Args:
            channels: of the maps, the coarsest first.
            classes: outputs.
            healthy: index of the healthy class, None for none.
        """
        super().__init__()
        self.classes, self.healthy = classes, healthy
        self.mapped = tuple(index for index in range(classes) if index != healthy)
        self.sides = nn.ModuleList(nn.Conv2d(own, WIDTH, 1) for own in channels)
        self.norm = nn.BatchNorm2d(WIDTH)
        self.around = nn.Conv2d(WIDTH, WIDTH, 3, padding=1)
        self.around_norm = nn.BatchNorm2d(WIDTH)
        self.dropout = nn.Dropout2d(DROPPED)
        self.scores = nn.Conv2d(WIDTH, len(self.mapped), 1)
        self.baseline = nn.Parameter(torch.zeros(1))
        self._latest: Tensor | None = None
        nn.init.normal_(self.scores.weight, std=0.01)
        nn.init.constant_(self.scores.bias, RARE)  # type: ignore[arg-type]

    def join(self, maps: Sequence[Tensor]) -> Tensor:
        """Return the joined map (n, WIDTH, rows, columns), at the resolution of the finest.

        Args:
            maps: the coarsest first; each is enlarged to the next and added (Lin et al. 2017,
                feature pyramid networks, section 3).
        """
        coarsest, *finer = [side(one) for side, one in zip(self.sides, maps, strict=True)]
        joined = coarsest
        for one in finer:
            size = (int(one.shape[-2]), int(one.shape[-1]))
            joined = one + F.interpolate(joined, size=size, mode="nearest")
        joined = torch.relu(self.norm(joined))
        found: Tensor = torch.relu(self.around_norm(self.around(joined)))
        return found

    def forward(self, joined: Tensor) -> Tensor:
        """Return logits (n, classes) of a joined map."""
        cells = self.cells(joined)
        self._latest = cells if self.training else None
        return self.pool(cells)

    def take_cells(self) -> Tensor:
        """Return the scores of the last training batch's cells, and forget them."""
        latest, self._latest = self._latest, None
        assert latest is not None, "cells are there after a batch in training mode"
        return latest

    def cells(self, joined: Tensor) -> Tensor:
        """Return the scores (n, mapped classes, rows, columns) of a joined map's cells."""
        scores: Tensor = self.scores(self.dropout(joined))
        return scores

    def pool(self, cells: Tensor) -> Tensor:
        """Return the logits (n, classes) of slices whose cells score `cells`."""
        pooled = torch.logsumexp(cells.flatten(2), dim=2) - math.log(CELLS_OF_A_LESION)
        columns = list(pooled.unbind(dim=1))
        if self.healthy is not None:
            columns.insert(self.healthy, self.baseline + torch.zeros_like(pooled[:, 0]))
        return torch.stack(columns, dim=1)
