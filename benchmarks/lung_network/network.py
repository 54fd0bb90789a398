"""The network that finds lungs: a small U on a square picture, and what it says of all of it."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn

__all__ = ["SIDE", "LungNetwork"]

SIDE = 128
"""Rows and columns of the picture."""
WIDTHS = (12, 24, 48, 80, 112)
"""Channels at 1/2, 1/4, 1/8, 1/16 and 1/32 of the size."""
TURNS = 4


def _block(inside: int, outside: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inside, outside, 3, stride=stride, padding=1, bias=False),
        nn.BatchNorm2d(outside),
        nn.ReLU(inplace=True),
    )


class _Residual(nn.Module):
    """Two convolutions around which the input goes on."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = _block(width, width)
        self.second = nn.Sequential(
            nn.Conv2d(width, width, 3, padding=1, bias=False), nn.BatchNorm2d(width)
        )

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(x + self.second(self.first(x)))


class LungNetwork(nn.Module):
    """From grey levels, (n, 1, SIDE, SIDE) 0 to 1, to logits.

    Two outputs: (n, 1, SIDE, SIDE), of being lung; (n, 5), of being a chest, and of the four
    quarter turns that set it upright.
    """

    def __init__(self) -> None:
        super().__init__()
        w = WIDTHS
        halve = nn.Conv2d(1, w[0], 4, stride=2, padding=1, bias=False)
        first = (halve, nn.BatchNorm2d(w[0]), nn.ReLU(inplace=True))
        self.stem = nn.Sequential(*first, _block(w[0], w[0]))
        self.down = nn.ModuleList(
            nn.Sequential(_block(a, b, 2), _Residual(b)) for a, b in pairwise(w)
        )
        self.deep = _Residual(w[-1])
        self.up = nn.ModuleList(nn.ConvTranspose2d(b, a, 2, stride=2) for a, b in pairwise(w))
        self.join = nn.ModuleList(_block(a, a) for a in w[:-1])
        self.last = nn.ConvTranspose2d(w[0], 1, 2, stride=2)
        self.facts = nn.Linear(w[-1], 1 + TURNS)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return the logits of each pixel, and those of the picture."""
        seen = [self.stem(x - 0.5)]
        for down in self.down:
            seen.append(down(seen[-1]))
        found = self.deep(seen.pop())
        facts = self.facts(found.mean(dim=(2, 3)))
        for up, join in zip(reversed(self.up), reversed(self.join), strict=True):
            found = join(up(found) + seen.pop())
        return self.last(found), facts
