"""Batch norm folded into convolutions: only where nothing else sees their output."""

from __future__ import annotations

import torch
from torch import nn

from hilum.learn.fuse_batchnorm import fold_batchnorm
from hilum.learn.networks import build_network
from hilum.learn.weights import Weights
from hilum.recipe import load_recipe


def test_only_norms_that_alone_see_a_convolution_are_folded() -> None:
    recipe = load_recipe("phantom", ['network.backbone="densenet121"', "input.size=64"])
    start = Weights.placeholder(recipe, (0.5,) * 3, (0.25,) * 3)
    network = build_network(recipe, start, classes=2).eval()
    norms = sum(isinstance(part, nn.BatchNorm2d) for part in network.modules())
    folded = fold_batchnorm(network)
    left = sum(isinstance(part, nn.BatchNorm2d) for part in network.modules())
    assert (norms, folded, left) == (121, 59, 62)


def test_a_network_that_cannot_be_traced_stays_as_it_is() -> None:
    class Branching(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.backbone = self
            self.conv, self.norm = nn.Conv2d(1, 1, 1), nn.BatchNorm2d(1)

        def forward_features(self, scaled: torch.Tensor) -> torch.Tensor:
            return self.norm(self.conv(scaled)) if scaled.sum() > 0 else scaled

    network = Branching.__new__(Branching)
    nn.Module.__init__(network)
    network.conv, network.norm = nn.Conv2d(1, 1, 1), nn.BatchNorm2d(1)
    object.__setattr__(network, "backbone", network)
    assert fold_batchnorm(network) == 0  # type: ignore[arg-type]
    assert isinstance(network.norm, nn.BatchNorm2d)
