"""A backbone as a graph of calls, so that the data can be followed through it."""

from __future__ import annotations

from typing import Any

import torch
from timm.layers import get_notrace_functions
from torch import Tensor, fx, nn
from torch.fx.passes.shape_prop import ShapeProp

from hilum.errors import SplitNetworkError

__all__ = ["PROBE_BATCH", "trace_features"]

PROBE_BATCH = 2
"""Slices that shapes are found with: what has so many rows holds a row a slice."""

CAN_FAIL = (
    AssertionError,
    AttributeError,
    IndexError,
    KeyError,
    NotImplementedError,
    RuntimeError,
    TypeError,
    ValueError,
    fx.proxy.TraceError,
)
"""How tracing ends where a network's course depends on its input's numbers."""


class _Features(nn.Module):
    """A backbone up to its features, as a module that is called."""

    def __init__(self, backbone: nn.Module) -> None:
        super().__init__()
        self.backbone = backbone

    def forward(self, scaled: Tensor) -> Any:
        return self.backbone.forward_features(scaled)  # type: ignore[operator]


class _Tracer(fx.Tracer):
    """Looks into modules that are partly frozen only: all others are one call each.

    What happens inside a wholly frozen or wholly trained block can then be as dynamic as it likes.
    """

    def __init__(self) -> None:
        super().__init__(autowrap_functions=tuple(get_notrace_functions()))

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        return len({parameter.requires_grad for parameter in m.parameters()}) < 2


def trace_features(backbone: nn.Module, size: int) -> fx.GraphModule:
    """Return `backbone` up to its features as a graph that shares its modules.

    Input is (n, 3, size, size) float32, scaled. Every node's `meta["tensor_meta"]` tells the shape
    that it gives for PROBE_BATCH slices.

    Raises:
        SplitNetworkError: its course depends on its input, or on whether it is being trained.
    """
    features = _Features(backbone)
    was = {module: module.training for module in features.modules()}
    try:
        graphs = []
        for training in (True, False):
            features.train(training)
            graphs.append(_Tracer().trace(features))
        traced = fx.GraphModule(features, graphs[1])
        _refuse_two_courses(*graphs)
        device = next(backbone.parameters()).device
        with torch.no_grad():
            ShapeProp(traced).propagate(torch.zeros(PROBE_BATCH, 3, size, size, device=device))
    except CAN_FAIL as error:
        first = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise SplitNetworkError(f"its course can't be followed ({first})") from error
    finally:
        for module, training in was.items():
            module.training = training
    return traced


def _refuse_two_courses(training: fx.Graph, requested: fx.Graph) -> None:
    """Refuse a network that calls other things while it is trained than while it is asked."""
    if _calls(training) != _calls(requested):
        raise SplitNetworkError("it runs otherwise in training than in prediction")


def _calls(graph: fx.Graph) -> list[str]:
    return [f"{n.op} {n.target} {n.args} {n.kwargs}" for n in graph.nodes]
