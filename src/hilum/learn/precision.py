"""In which precision a network is trained: measured once, where the machine offers two."""

from __future__ import annotations

import copy
import time

import torch
from torch import Tensor, nn

from hilum.learn.device import computes_bfloat16, keep_memory
from hilum.processes import rank_and_count
from hilum.recipe import Recipe

__all__ = ["resolve_precision"]

STEPS = 2
"""Training steps in each precision, of which the faster counts: the first one warms up."""
MEASURED_BATCH = 4
"""Slices in a measured step: enough to tell the two apart, and soon done."""
WORTH = 0.8
"""Share of float32's time that bfloat16 must stay below: it costs digits, and times jitter."""


def resolve_precision(network: nn.Module, recipe: Recipe) -> tuple[Recipe, str]:
    """Return the recipe with its precision settled, and what was measured in words.

    Only "auto" on a processor with bfloat16 in hardware is measured: such processors multiply
    matrices several times as fast in it, but torch lacks fast code for some layers, such as the
    gradient of depthwise convolutions of 5 x 5, which then take several times as long. On a GPU,
    and where several processes must agree, the hardware decides; there the words are empty.

    Args:
        network: what is to be trained, (n, 1, size, size) grey levels to logits; left as it is.
        recipe: a complete one.
    """
    _, processes = rank_and_count()
    measurable = processes == 1 and not torch.cuda.is_available() and computes_bfloat16()
    if recipe.training.precision != "auto" or not measurable:
        return recipe, ""
    keep_memory()
    batch = min(MEASURED_BATCH, recipe.training.batch_size)
    grey = torch.zeros(batch, 1, recipe.input.size, recipe.input.size)
    with torch.random.fork_rng(devices=[]):
        share = _step(network, grey, half=True) / _step(network, grey, half=False)
    chosen = "bfloat16" if share < WORTH else "float32"
    told = recipe.training.model_copy(update={"precision": chosen})
    sentence = (
        f"Trained in {chosen}: a step in bfloat16 takes {share:.2f} times as long as in float32."
    )
    return recipe.model_copy(update={"training": told}), sentence


def _step(network: nn.Module, grey: Tensor, *, half: bool) -> float:
    """Return the seconds of a step forward and backward, by a copy of the network."""
    copied, seconds = copy.deepcopy(network).train(), []
    for _ in range(STEPS):
        began = time.perf_counter()
        with torch.autocast("cpu", torch.bfloat16, enabled=half):
            logits: Tensor = copied(grey)
        torch.autograd.backward(logits.float().square().sum())
        seconds.append(time.perf_counter() - began)
    return min(seconds)
