"""Workload of a network: layers, parameters and multiply-adds, in total and trained."""

from __future__ import annotations

import copy
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from hilum.learn.freeze_point import BATCH_NORMS
from hilum.learn.networks import Classifier

__all__ = ["Workload", "count_with_statistics", "count_workload"]

LAYERS = (nn.Conv2d, nn.Linear, nn.LayerNorm, nn.GroupNorm, *BATCH_NORMS)
"""Types that count as a layer: those with weights of their own. A separable convolution is two."""


@dataclass(frozen=True)
class Workload:
    """Counts of a backbone without head; `trained_`: of its trained part.

    Attributes:
        layers, trained_layers: convolutions, dense layers and normalisations.
        parameters, trained_parameters: without the running statistics of batch norm.
        macs, trained_macs: multiply-adds of convolutions and matrix products for one slice
            forward; normalisation, activation and pooling are not counted.
    """

    layers: int
    trained_layers: int
    parameters: int
    trained_parameters: int
    macs: int
    trained_macs: int


def count_workload(network: Classifier, *, size: int) -> Workload:
    """Return the counts of `network`, in total and trained.

    Nothing is computed: the network is copied to torch's meta device, where the operations for a
    slice of `size` x `size` pixels are counted.
    """
    counted = _Backbone(copy.deepcopy(network.backbone)).to("meta").eval()
    counter = FlopCounterMode(display=False)
    with torch.no_grad(), counter:
        counted(torch.empty(1, 3, size, size, device="meta"))
    counts = counter.get_flop_counts()
    layers = _layers(network.backbone)
    flops = {name: sum(counts.get(f"{PLACE}.{name}", {}).values()) for name in layers}
    trained = {
        name
        for name, layer in layers.items()
        if any(parameter.requires_grad for parameter in layer.parameters())
    }
    parameters = [(p.numel(), p.requires_grad) for p in network.backbone.parameters()]
    return Workload(
        layers=len(flops),
        trained_layers=len(trained),
        parameters=sum(n for n, _ in parameters),
        trained_parameters=sum(n for n, learns in parameters if learns),
        macs=sum(counts["Global"].values()) // 2,
        trained_macs=sum(flops[name] for name in trained) // 2,
    )


def count_with_statistics(network: Classifier) -> int:
    """Return parameters and running statistics of batch norm, head included, as Keras counts."""
    statistics = [b for name, b in network.named_buffers() if name.endswith(("_mean", "_var"))]
    return sum(tensor.numel() for tensor in [*network.parameters(), *statistics])


class _Backbone(nn.Module):
    """A callable backbone: the counter identifies modules by the calls that lead to them."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, scaled: Tensor) -> Tensor:
        features: Tensor = self.inner.forward_features(scaled)  # type: ignore[operator]
        return features


PLACE = f"{_Backbone.__name__}.inner"
"""Name of the backbone in the counter."""


def _layers(backbone: nn.Module) -> dict[str, nn.Module]:
    """Return path -> layer of a backbone, in the order in which they are defined."""
    return {name: module for name, module in backbone.named_modules() if isinstance(module, LAYERS)}
