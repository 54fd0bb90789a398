"""Predictions of trained networks, computed by torch."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from hilum.errors import UsageError
from hilum.learn.checkpoint import load_weights
from hilum.learn.data import as_batch
from hilum.learn.device import computes_bfloat16, keep_memory
from hilum.learn.fuse_batchnorm import fold_batchnorm
from hilum.learn.networks import Classifier, build_network
from hilum.learn.weights import Weights
from hilum.prepare import BATCH
from hilum.processes import share_of_cores
from hilum.run import Run
from hilum.run.network import input_scaling, network_facts

__all__ = ["Member", "load_network", "load_networks", "open_torch", "untrained_networks"]

MEMBERS_APART = 1_000_003
"""Distance between the seeds of an ensemble's members, so that neighbouring seeds share none."""


@dataclass(frozen=True)
class Member:
    """One of the networks of a run, and how it predicts.

    Attributes:
        network: ready to predict.
        size: side of its square input, pixels.
        cam_layer: timm path of Grad-CAM's layer; empty: the last feature map.
        precision: "bfloat16", or empty for float32.
        whole_batches: the network takes only batches of `BATCH` slices; smaller ones are padded
            with empty slices.
    """

    network: Classifier
    size: int
    cam_layer: str
    precision: str = "float32"
    whole_batches: bool = False

    @torch.inference_mode()
    def logits(self, grey: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        """Return logits (n, classes) of slices (n, size, size) uint8."""
        device, count = self.network.mean.device, len(grey)
        if self.whole_batches and count != BATCH:
            empty = np.zeros((-count % BATCH, *grey.shape[1:]), np.uint8)
            filled = np.concatenate([grey, empty]).reshape(-1, BATCH, *grey.shape[1:])
            return np.concatenate([self.logits(batch) for batch in filled])[:count]
        mixed = self.precision == "bfloat16"
        with torch.autocast(device.type, torch.bfloat16, enabled=mixed):
            raw_logits = self.network(as_batch(grey, device))
        return np.asarray(raw_logits.float().cpu().numpy(), dtype=np.float32)


def load_networks(run: Run) -> list[Member]:
    """Return the networks of a run as they were trained: its own, or its members'.

    Raises:
        UsageError: the run is a cross-validation, which has no network of its own.
        RunError: see `load_network`.
    """
    keep_memory()
    return [_member(one, load_network(one)) for one in run.answering()]


def open_torch(run: Run, *, compiled: bool = False) -> list[Member]:
    """Return the networks of a run, optimised for prediction.

    Batch norm is folded into convolutions, and a network that was trained in bfloat16 uses it where
    the hardware supports it; all others compute in float32.

    Args:
        run: a network or an ensemble.
        compiled: run torch.compile first, which takes a while.

    Raises:
        UsageError: see `load_networks`; or `compiled`, and there is no C++ compiler.
        RunError: see `load_network`.
    """
    if compiled and not (torch.cuda.is_available() or _has_compiler()):
        raise UsageError(
            "the engine `compiled` needs a C++ compiler, and neither g++ nor clang++ is installed; "
            "choose another engine."
        )
    if "OMP_NUM_THREADS" not in os.environ and "LOCAL_WORLD_SIZE" in os.environ:
        torch.set_num_threads(share_of_cores())
    return [
        _made_fast(member, one, compiled=compiled)
        for member, one in zip(load_networks(run), run.answering(), strict=True)
    ]


def _made_fast(member: Member, run: Run, *, compiled: bool) -> Member:
    """Return a member with the same predictions that is faster."""
    fold_batchnorm(member.network)
    trained_in = run.environment().get("precision") if run.environment_file.is_file() else ""
    mixed = trained_in == "bfloat16" and computes_bfloat16()
    network: Any = member.network
    if compiled:
        network.forward = torch.compile(network.forward, options={"freezing": True})
    return Member(
        network, member.size, member.cam_layer,
        precision="bfloat16" if mixed else "float32", whole_batches=compiled,
    )  # fmt: skip


def _has_compiler() -> bool:
    """Whether the compiler that torch.compile needs on a CPU is installed."""
    return any(map(shutil.which, (os.environ.get("CXX", "g++"), "g++", "clang++")))


def load_network(run: Run) -> Classifier:
    """Return the trained network of a finished run, ready to predict, on the GPU if there is one.

    Raises:
        UsageError: the run is an ensemble or a cross-validation, and has none of its own.
        RunError: network.json or the weights are missing, broken, or do not fit the recipe.
    """
    network = _built(run)
    load_weights(network, run.weights_file)
    return _ready(network)


def untrained_networks(run: Run, *, seed: int = 0) -> list[Member]:
    """Return networks as those of `load_networks`, but with random weights.

    Architecture, input, preprocessing and freeze point are the run's; the weights are timm's own
    random initialisation. They depend on the seed and the member's number; the process's random
    state is not changed.

    Args:
        run: a network or an ensemble.
        seed: of the weights.

    Raises:
        UsageError, RunError: see `load_networks`.
    """
    made = []
    for number, one in enumerate(run.answering()):
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed + number * MEMBERS_APART)
            made.append(_member(one, _ready(_built(one))))
    return made


def _member(run: Run, network: Classifier) -> Member:
    return Member(network, network_facts(run).size, run.description.cam_layer)


def _built(run: Run) -> Classifier:
    """Return the network of a run with random weights, frozen where the run's is."""
    run.refuse_without_network()
    mean, std = input_scaling(run)
    recipe, classes = run.recipe(), len(network_facts(run).class_names)
    start = Weights.placeholder(recipe, mean, std)
    network = build_network(recipe, start, classes=classes, frozen_random=True)
    network.scale(mean, std)
    return network


def _ready(network: Classifier) -> Classifier:
    """Return a network in inference mode, on the GPU if there is one."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    return network.to(device).eval().requires_grad_(False)
