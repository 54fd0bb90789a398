"""The running mean of weights: slow where it has seen many steps, fast before."""

from __future__ import annotations

import pytest
import torch
from tiny_network import make_tiny

from hilum.learn.robust.running_mean import EARLY, RunningMean


def test_the_mean_moves_to_the_latest_weights_as_its_share_says() -> None:
    network = make_tiny()
    weight = network.backbone.conv.weight
    mean = RunningMean(network, 0.9)
    mean.steps = 1000
    before = weight.detach().clone()
    with torch.no_grad():
        weight.add_(1.0)
    mean.update(network)
    moved = mean.network.backbone.conv.weight - before
    assert torch.allclose(moved, torch.full_like(moved, 0.1), atol=1e-6)


def test_early_steps_are_forgotten_faster() -> None:
    network = make_tiny()
    mean = RunningMean(network, 0.999)
    with torch.no_grad():
        network.head[0].weight.fill_(1.0)
        mean.network.head[0].weight.fill_(0.0)
    mean.update(network)
    assert float(mean.network.head[0].weight[0, 0]) == pytest.approx(1 - 1 / EARLY)
    assert mean.steps == 1
