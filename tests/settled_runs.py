"""Runs of random weights whose batch norm has seen slices, with network.onnx."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from conftest import MakeTable
from torch import nn
from untrained_runs import make_untrained

from hilum.learn.checkpoint import save_weights
from hilum.learn.data import as_batch
from hilum.learn.networks import Classifier
from hilum.learn.onnx.export import write_run_onnx
from hilum.learn.predict import load_network
from hilum.run import Run

SIZE = 96
SETTLED_ON = 48
"""Slices that batch norm of random weights takes its statistics from."""


def slices(count: int, size: int) -> npt.NDArray[np.uint8]:
    """Squares of random brightness."""
    squares = np.random.default_rng(count).integers(0, 255, (count, 4, 4))
    return np.kron(squares, np.ones((size // 4, size // 4))).astype(np.uint8)


def textured(count: int, size: int) -> npt.NDArray[np.uint8]:
    """Squares of random brightness under noise: no channel of a network is the same everywhere."""
    noise = np.random.default_rng(count).normal(30, 25, (count, size, size))
    return np.clip(0.7 * slices(count, size) + noise, 0, 255).astype(np.uint8)


def settle(network: Classifier, size: int) -> None:
    """Let the batch norm of random weights see slices, so that nothing explodes.

    Of few or flat slices some channels hardly vary, and batch norm blows up their rounding: then
    float32 itself is further from the truth than engines may be from each other.
    """
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d | nn.BatchNorm1d):
            module.momentum = 1.0
    network.frozen = ()
    with torch.no_grad():
        grey = as_batch(textured(SETTLED_ON, size), "cpu")
        network.train()(grey)
        probabilities = network.eval()(grey[:8])
        network.head[-1].weight /= 2 * probabilities.std()
        network.head[-1].bias.zero_()


def run_maker(tmp_path: Path, make_table: MakeTable) -> Callable[..., Run]:
    """Return a function that makes a finished run with random weights and its network.onnx."""

    def make(backbone: str = "resnet10t", size: int = SIZE, folder: str = "run") -> Run:
        table = make_table(4, folder=tmp_path)
        run = make_untrained(tmp_path / folder, table, seed=3, size=size, backbone=backbone)
        network = load_network(run)
        settle(network, size)
        save_weights(network, run.weights_file)
        assert write_run_onnx(run, slices(4, size)) == ""
        return run

    return make
