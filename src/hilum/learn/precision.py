"""The precision of a training: measured once per machine and network where there is a choice."""

from __future__ import annotations

import copy
import hashlib
import json
import time
from contextlib import suppress
from pathlib import Path

import torch
from torch import Tensor, nn

from hilum.errors import StorageError
from hilum.learn.device import computes_bfloat16, keep_memory
from hilum.processes import rank_and_count, share_of_cores
from hilum.recipe import Recipe
from hilum.run.environment import processor_name
from hilum.storage.atomic import write_text
from hilum.storage.cache import cache_entry, make_room
from hilum.storage.json_file import read_json

__all__ = ["resolve_precision"]

KIND, FACTOR_FILE = "precision-v1", "factor.json"
"""Kind of the cache entries, and the file in each."""
FACTOR_BYTES = 4096
"""Disk space of such an entry."""
STEPS = 2
"""Training steps in each precision, of which the faster counts: the first is a warm-up."""
MEASURED_BATCH = 4
"""Slices in a measured step: enough to tell the two apart, and quick."""
WORTH = 0.8
"""Share of float32's time that bfloat16 must stay below: it costs accuracy, and timings vary."""


def resolve_precision(network: nn.Module, recipe: Recipe) -> tuple[Recipe, str]:
    """Return the recipe with its precision resolved, and a sentence on the measurement.

    Only "auto" on a processor with bfloat16 in hardware is measured: such processors multiply
    matrices several times as fast in it, but torch lacks fast code for some layers, such as the
    gradient of depthwise convolutions of 5 x 5, which then take several times as long. The factor
    is measured once and kept in the cache, so that the same command always trains in the same
    precision, whatever else the machine does meanwhile. On a GPU, and where several processes must
    agree, the hardware decides, and the sentence is empty.

    Args:
        network: the network to train, (n, 1, size, size) grey levels to logits; not changed.
        recipe: a complete one.
    """
    _, processes = rank_and_count()
    measurable = processes == 1 and not torch.cuda.is_available() and computes_bfloat16()
    if recipe.training.precision != "auto" or not measurable:
        return recipe, ""
    with cache_entry(KIND, _machine_key(recipe)) as folder:
        factor, known = _read_factor(folder), True
        if factor is None:
            factor, known = _measure(network, recipe), False
            _write_factor(folder, factor)
    chosen = "bfloat16" if factor < WORTH else "float32"
    training = recipe.training.model_copy(update={"precision": chosen})
    measured = "measured earlier" if known else "measured"
    sentence = (
        f"Precision: {chosen}. A training step of this network in bfloat16 takes {factor:.2f} "
        f"times as long as in float32 ({measured} on this machine); "
        f"--set training.precision={chosen} makes it so on every machine."
    )
    return recipe.model_copy(update={"training": training}), sentence


def _machine_key(recipe: Recipe) -> str:
    """Return a hash of everything that the time of a training step depends on."""
    parts = (
        processor_name(), torch.__version__, share_of_cores(), recipe.timm_name,
        recipe.network.train_from, recipe.network.also_train, recipe.input.size,
        recipe.training.batch_size >= MEASURED_BATCH,
    )  # fmt: skip
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:40]


def _measure(network: nn.Module, recipe: Recipe) -> float:
    """Return the time of a training step in bfloat16, relative to float32."""
    keep_memory()
    batch = min(MEASURED_BATCH, recipe.training.batch_size)
    grey = torch.zeros(batch, 1, recipe.input.size, recipe.input.size)
    with torch.random.fork_rng(devices=[]):
        return _step(network, grey, half=True) / _step(network, grey, half=False)


def _read_factor(folder: Path | None) -> float | None:
    """Return the factor measured earlier; None where there is none or its file is damaged."""
    if folder is None:
        return None
    try:
        return float(read_json(folder / FACTOR_FILE, error=StorageError)["factor"])
    except (OSError, StorageError, ValueError, KeyError, TypeError):
        return None


def _write_factor(folder: Path | None, factor: float) -> None:
    """Store a measured factor if the cache has room for it."""
    if folder is not None and make_room(FACTOR_BYTES):
        with suppress(OSError, StorageError):
            write_text(folder / FACTOR_FILE, json.dumps({"factor": round(factor, 4)}) + "\n")


def _step(network: nn.Module, grey: Tensor, *, half: bool) -> float:
    """Return the seconds of a forward and backward pass, on a copy of the network."""
    copied, seconds = copy.deepcopy(network).train(), []
    for _ in range(STEPS):
        began = time.perf_counter()
        with torch.autocast("cpu", torch.bfloat16, enabled=half):
            logits: Tensor = copied(grey)
        torch.autograd.backward(logits.float().square().sum())
        seconds.append(time.perf_counter() - began)
    return min(seconds)
