"""The network that finds annotations: a small U that sees a picture at half its size.

It answers for every pixel, at full size; input and output are (n, 3, rows, columns) and
(n, 1, rows, columns), sides multiples of STRIDE.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import nn

__all__ = ["STRIDE", "MarkNetwork"]

STRIDE = 32
"""What the sides must be multiples of."""

WIDTHS = (16, 48, 96, 128, 128)
"""Channels at 1/2, 1/4, 1/8, 1/16 and 1/32 of the size. Nothing is computed at the full size, which
would cost a quarter of all time: the last layer answers for four pixels at once."""

RESIDUALS = 2
"""Pairs of convolutions at each size but the first."""


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

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.relu(x + self.second(self.first(x)))


class MarkNetwork(nn.Module):
    """From grey levels (0 to 1) to the logit of being part of an annotation."""

    def __init__(self) -> None:
        super().__init__()
        w = WIDTHS
        halve = nn.Conv2d(3, w[0], 4, stride=2, padding=1, bias=False)
        first = (halve, nn.BatchNorm2d(w[0]), nn.ReLU(inplace=True))
        self.stem = nn.Sequential(*first, _block(w[0], w[0]))
        self.down = nn.ModuleList(
            nn.Sequential(_block(a, b, 2), *(_Residual(b) for _ in range(RESIDUALS)))
            for a, b in pairwise(w)
        )
        self.up = nn.ModuleList(nn.ConvTranspose2d(b, a, 2, stride=2) for a, b in pairwise(w))
        self.join = nn.ModuleList(_block(a, a) for a in w[:-1])
        self.last = nn.ConvTranspose2d(w[0], 1, 2, stride=2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return logits; skips are added, not joined, which keeps the network small."""
        seen = [self.stem(x - 0.5)]
        for down in self.down:
            seen.append(down(seen[-1]))
        found = seen.pop()
        for up, join in zip(reversed(self.up), reversed(self.join), strict=True):
            found = join(up(found) + seen.pop())
        return self.last(found)
