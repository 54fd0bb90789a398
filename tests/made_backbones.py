"""Backbones of two convolutions, the first of them frozen."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from hilum.learn.backbone import MapLayout
from hilum.learn.frozen.submodules import FrozenPart, Tail, split_network
from hilum.learn.networks import Classifier, freeze


def parts_of(backbone: Made) -> tuple[FrozenPart, Tail]:
    return split_network(frozen_first(backbone), 8)


def kept_shapes(backbone: Made) -> list[tuple[int, ...]]:
    part, _ = parts_of(backbone)
    return [tuple(tensor.shape) for tensor in part(torch.zeros(1, 1, 8, 8))]


class Made(nn.Module):
    """A backbone of which the first convolution is frozen; `course` is what it does."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, 4, 1)
        self.second = nn.Conv2d(4, 4, 1)
        self.act = nn.ReLU()

    def forward_features(self, x: Tensor) -> Tensor:
        raise NotImplementedError


def frozen_first(backbone: Made) -> Classifier:
    torch.manual_seed(0)
    head = nn.Sequential(nn.Linear(4, 2))
    network = Classifier(backbone, head, ((0.5,) * 3, (0.25,) * 3), MapLayout("channels first", 4))
    freeze(network, "second")
    return network


class Mixed(Made):
    def forward_features(self, x: Tensor) -> Tensor:
        first = self.first(x)
        return self.second(first.reshape(-1, 4, 4, 4)).reshape(first.shape)
