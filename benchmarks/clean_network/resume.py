"""Weights that were exported, back into a network that can be trained on.

ONNX holds each batch norm folded into the convolution before it. Here each gets a mean, a
deviation, a scale and a shift again that together change nothing, measured on drawn pictures: in
training, which uses the statistics of the batch, the network then answers nearly as before.

A network may also be wider than its weights: what is new then reads all, and is at first read only
by what is new, so that the answer does not change.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
import torch
from network import MarkNetwork
from torch import Tensor, nn

__all__ = ["fill_from_onnx"]


@torch.no_grad()
def fill_from_onnx(network: MarkNetwork, path: Path, pictures: Sequence[Tensor]) -> None:
    """Take over the weights of an ONNX file that `train.export` wrote.

    Args:
        network: as wide as the file's or wider; changed in place, and left in evaluation mode.
        path: the file.
        pictures: of (n, 3, rows, columns), 0 to 1; a few dozen give good statistics.

    Raises:
        ValueError: the network is narrower than the file's.
    """
    graph = onnx.load(path).graph
    values = {one.name: onnx.numpy_helper.to_array(one) for one in graph.initializer}
    folded = [
        [torch.from_numpy(values[name].astype(np.float32)) for name in node.input[1:]]
        for node in graph.node
        if node.op_type in ("Conv", "ConvTranspose")
    ]
    order = _in_order(network.eval(), pictures[0])
    convolutions = [one for one in order if isinstance(one, nn.Conv2d | nn.ConvTranspose2d)]
    known: dict[nn.BatchNorm2d, int] = {}
    for one, (weight, bias) in zip(convolutions, folded, strict=True):
        _put(one, weight)
        after = order[order.index(one) + 1] if one is not order[-1] else None
        if isinstance(after, nn.BatchNorm2d):
            after.reset_parameters()
            after.running_var.fill_(1 - after.eps)  # type: ignore[union-attr]
            after.bias[: len(bias)] = bias
            known[after] = len(bias)
        else:
            one.bias[: len(bias)] = bias
    _measure(known, network, pictures)


def _put(one: nn.Conv2d | nn.ConvTranspose2d, weight: Tensor) -> None:
    """Give a convolution, which may have more channels, the weights of a narrower one."""
    to, of = (0, 1) if isinstance(one, nn.Conv2d) else (1, 0)
    outputs, inputs = weight.shape[to], weight.shape[of]
    if one.weight.shape[to] < outputs or one.weight.shape[of] < inputs:
        raise ValueError(
            "a network must be as wide as the weights it goes on from, or wider: "
            f"a convolution here is {tuple(one.weight.shape)}, in the file {tuple(weight.shape)}; "
            "raise WIDTHS in network.py"
        )
    one.weight.narrow(to, 0, outputs).zero_()
    one.weight.narrow(to, 0, outputs).narrow(of, 0, inputs).copy_(weight)


def _in_order(network: nn.Module, picture: Tensor) -> list[nn.Module]:
    """Return convolutions and batch norms as a picture passes through them."""
    passed: list[nn.Module] = []
    kinds = (nn.Conv2d, nn.ConvTranspose2d, nn.BatchNorm2d)
    hooks = [
        one.register_forward_hook(lambda module, *_: passed.append(module))
        for one in network.modules()
        if isinstance(one, kinds)
    ]
    network(picture)
    for hook in hooks:
        hook.remove()
    return passed


def _measure(
    known: dict[nn.BatchNorm2d, int], network: nn.Module, pictures: Sequence[Tensor]
) -> None:
    """Give batch norms, of which some channels so far only shift, the statistics of what comes."""
    seen: dict[nn.Module, list[Tensor]] = {norm: [] for norm in known}

    def note(norm: nn.Module, inputs: tuple[Tensor]) -> None:
        seen[norm].append(
            torch.stack([inputs[0].mean((0, 2, 3)), (inputs[0] ** 2).mean((0, 2, 3))])
        )

    hooks = [norm.register_forward_pre_hook(note) for norm in known]
    for picture in pictures:
        network(picture)
    for hook in hooks:
        hook.remove()
    for norm, count in known.items():
        mean, square = torch.stack(seen[norm]).mean(0)
        variance = (square - mean**2).clamp_min(0)
        norm.running_mean.copy_(mean)  # type: ignore[union-attr]
        norm.running_var.copy_(variance)  # type: ignore[union-attr]
        norm.bias[:count] += mean[:count]
        norm.weight[:count] = (variance + norm.eps).sqrt()[:count]
