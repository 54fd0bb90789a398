"""A network so small that its maps can be computed by hand."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from hilum.learn.backbone import MapLayout
from hilum.learn.networks import Classifier

MEAN, STD = (0.5, 0.4, 0.3), (0.2, 0.3, 0.4)


class Tiny(nn.Module):
    """Two channels from one convolution, then ReLU in place, which is halved."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 2, 3, padding=1)
        self.relu = nn.ReLU(inplace=True)
        self.unused = nn.Conv2d(1, 1, 1)
        self.pair = Pair()
        self.aside = nn.Conv2d(2, 2, 1)

    def forward_features(self, grey: Tensor) -> Tensor:
        halved: Tensor = self.pair(self.relu(self.conv(grey)))[0]
        self.aside(halved)
        return halved


class Pair(nn.Module):
    """Gives two maps, so that its output is no single one."""

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        return features / 2, features


def make_tiny() -> Classifier:
    torch.manual_seed(0)
    head, layout = nn.Sequential(nn.Linear(2, 2)), MapLayout("channels first", 2)
    return Classifier(Tiny(), head, (MEAN, STD), layout).eval()


def noise(count: int, side: int) -> npt.NDArray[np.uint8]:
    return np.random.default_rng(1).integers(0, 256, (count, side, side), dtype=np.uint8)
