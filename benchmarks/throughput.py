"""Slices a second of prediction, training and Grad-CAM, next to what the machine can give.

    python benchmarks/throughput.py [--networks resnet50 ...] [--engines timm torch onnx ...]

Each network at its paper size, batches of 32, with random weights (speed does not depend on them),
the slices in memory. The limit is a measured product of two matrices in float32; a network's share
of it is its counted multiply-adds (convolutions and matrix products, two operations each) times the
slices a second. What else a network computes counts as nothing, so 100 % is out of reach for most;
onnxruntime may pass it where it uses fewer multiplications than were counted (Winograd).

`timm` is the backbone as timm makes it, eager, channels last, and nothing of hilum's: what there
was before. `compiled` and `bfloat16` (torch) are left out unless asked for: compiling takes minutes
for all nine, and bfloat16 is emulated on many processors. Shares are of the limit in float32. Each
number comes from a process of its own.
Prints two Markdown tables.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import torch
from _machine import best_and_median, describe, matmul_limit, row, timed

from hilum.catalogue.networks import known_networks
from hilum.engines import open_onnx
from hilum.engines.onnx_network import CARD
from hilum.learn.data import as_batch
from hilum.learn.device import keep_memory
from hilum.learn.fit import loss_of, make_optimiser
from hilum.learn.fuse_batchnorm import fold_batchnorm
from hilum.learn.maps import Looked, map_layers
from hilum.learn.networks import Classifier, build_network
from hilum.learn.onnx.export import describe as describe_model
from hilum.learn.onnx.export import onnx_model
from hilum.learn.onnx.quantise import quantise
from hilum.learn.predict import Member
from hilum.learn.weights import Weights
from hilum.learn.workload import count_workload
from hilum.prepare import BATCH
from hilum.recipe import Recipe, load_recipe

ENGINES = ("timm", "torch", "onnx", "int8")
MORE_ENGINES = ("compiled", "bfloat16")
Grey = npt.NDArray[np.uint8]


def network_of(name: str) -> tuple[Classifier, Recipe, int]:
    """Return a paper's network with random weights, its recipe, and the side of its input."""
    known = known_networks()[name]
    recipe = load_recipe(f"paper/{name}", [f"input.size={known.size}"])
    torch.manual_seed(0)
    start = Weights.placeholder(recipe, (0.5,) * 3, (0.5,) * 3)
    return build_network(recipe, start, classes=2, frozen_random=True), recipe, known.size


def speed(work: Callable[[], object], times: int) -> float:
    """Return slices a second of the best of several batches, after one that warms up."""
    work()
    return BATCH / best_and_median(timed(work, times))[0]


def plain_timm(name: str, grey: Grey) -> Callable[[], object]:
    """Return what predicts a batch with timm's network as it is."""
    import timm

    size = grey.shape[-1]
    network = timm.create_model(known_networks()[name].timm, pretrained=False, num_classes=2)
    network = network.eval().to(memory_format=torch.channels_last)
    batch = torch.zeros(BATCH, 3, size, size).to(memory_format=torch.channels_last)

    def work() -> None:
        with torch.inference_mode():
            network(batch)

    return work


def by_torch(
    name: str, grey: Grey, *, compiled: bool = False, precision: str = "float32"
) -> Callable[[], object]:
    """Return what predicts a batch with torch as hilum does."""
    network, _, size = network_of(name)
    network.eval().requires_grad_(False)
    fold_batchnorm(network)
    requested: Any = network
    if compiled:
        requested.forward = torch.compile(requested.forward, options={"freezing": True})
    member = Member(requested, size, "", precision=precision, whole_batches=compiled)
    return lambda: member.logits(grey)


def by_onnx(name: str, grey: Grey, folder: Path, *, eight: bool = False) -> Callable[[], object]:
    """Return what predicts a batch with onnxruntime, in float32 or 8 bits."""
    network, _, size = network_of(name)
    model = onnx_model(network.eval().requires_grad_(False), size=size)
    model = quantise(model, grey[:8]) if eight else model
    describe_model(model, {CARD: {"input": {"size": size}}})
    file = folder / "network.onnx"
    onnx.save(model, file)
    opened = open_onnx(file)
    return lambda: opened.logits(grey)


def prediction(name: str, engine: str, grey: Grey, folder: Path) -> Callable[[], object]:
    """Return what predicts a batch with an engine."""
    if engine == "timm":
        return plain_timm(name, grey)
    if engine in ("onnx", "int8"):
        return by_onnx(name, grey, folder, eight=engine == "int8")
    precision = "bfloat16" if engine == "bfloat16" else "float32"
    return by_torch(name, grey, compiled=engine == "compiled", precision=precision)


def training(name: str, grey: Grey) -> Callable[[], object]:
    """Return what takes one training step with the paper's cut, from grey slices to new weights."""
    network, recipe, _ = network_of(name)
    optimiser = make_optimiser(network, recipe)
    for group in optimiser.param_groups:
        group["lr"] = 1e-6
    target = torch.arange(BATCH) % 2
    network.train()

    def work() -> None:
        loss = loss_of(network(as_batch(grey, "cpu")), target, kind=recipe.training.loss)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()

    return work


def explaining(name: str, grey: Grey) -> Callable[[], object]:
    """Return what makes the Grad-CAM maps of a batch."""
    network, _, _ = network_of(name)
    network.eval().requires_grad_(False)
    target, layer = np.zeros(BATCH, dtype=np.int64), Looked((known_networks()[name].cam_layer,))
    return lambda: map_layers(network, grey, target, looked=layer)


def measure(name: str, what: str, times: int) -> float:
    """Return slices a second of one network and one engine, or of "train" or "explain"."""
    size = known_networks()[name].size
    grey = np.random.default_rng(0).integers(0, 256, (BATCH, size, size), dtype=np.uint8)
    if what != "timm":  # which is measured as it is
        keep_memory()
    if what == "train":
        return speed(training(name, grey), times)
    if what == "explain":
        return speed(explaining(name, grey), times)
    with tempfile.TemporaryDirectory() as folder:
        return speed(prediction(name, what, grey, Path(folder)), times)


def apart(name: str, what: str, times: int) -> float:
    """Return what `measure` gives in a process of its own: none leaves its memory to the next."""
    command = [sys.executable, __file__, "--one", name, what, "--times", str(times)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(done.stderr)
    return float(done.stdout)


def predictions_row(name: str, engines: list[str], limit: float, times: int) -> str:
    """Measure a network's prediction and return its row."""
    network, _, size = network_of(name)
    macs = count_workload(network, size=size).macs
    cells = []
    for engine in engines:
        given = apart(name, engine, times)
        share = "" if engine == "int8" else f" ({given * 2 * macs / 1e9 / limit:.0%})"
        cells.append(f"{given:.1f}{share}")
    return row(known_networks()[name].title, size, f"{macs / 1e9:.2f}", *cells)


def steps_row(name: str, times: int) -> str:
    """Measure a network's training step and Grad-CAM and return its row."""
    given = [apart(name, what, times) for what in ("train", "explain")]
    known = known_networks()[name]
    return row(known.title, known.size, *(f"{each:.1f}" for each in given))


def main() -> None:
    """Print both tables, line by line as they come."""
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--networks", nargs="+", default=list(known_networks()))
    options.add_argument("--engines", nargs="+", default=list(ENGINES),
                         choices=[*ENGINES, *MORE_ENGINES])  # fmt: skip
    options.add_argument("--times", type=int, default=5, help="batches, of which the best counts")
    options.add_argument("--predict-only", action="store_true", help="leave out the second table")
    options.add_argument("--one", nargs=2, metavar=("NETWORK", "WHAT"), help=argparse.SUPPRESS)
    requested = options.parse_args()
    if requested.one:
        print(measure(*requested.one, requested.times))
        return
    limit = matmul_limit()
    print(describe())
    print(
        f"- Limit: {limit:.0f} GFLOP/s in float32; random weights; "
        f"best of {requested.times} batches\n"
    )
    print("Prediction, slices a second (share of the limit):\n")
    print(row("network", "size", "GMAC a slice", *requested.engines))
    print(row(*["---"] * (3 + len(requested.engines))), flush=True)
    for name in requested.networks:
        print(predictions_row(name, requested.engines, limit, requested.times), flush=True)
    if requested.predict_only:
        return
    print("\nTraining step (the paper's cut) and Grad-CAM, slices a second, torch:\n")
    print(row("network", "size", "train", "explain"))
    print(row(*["---"] * 4), flush=True)
    for name in requested.networks:
        print(steps_row(name, requested.times), flush=True)


if __name__ == "__main__":
    main()
