"""A backbone as a graph of calls, so that the flow of data can be analysed."""

from __future__ import annotations

from typing import Any

import torch
from timm.layers import get_notrace_functions
from torch import Tensor, fx, nn
from torch.fx.passes.shape_prop import ShapeProp

from hilum.errors import SplitNetworkError

__all__ = ["PROBE_BATCH", "trace_features"]

PROBE_BATCH = 2
"""Batch size for finding shapes: a tensor with this many rows has one row per slice."""

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
"""Exceptions of tracing where control flow depends on the values of the input."""


class _Features(nn.Module):
    """A backbone up to its features, as a callable module."""

    def __init__(self, backbone: nn.Module) -> None:
        super().__init__()
        self.backbone = backbone

    def forward(self, scaled: Tensor) -> Any:
        return self.backbone.forward_features(scaled)  # type: ignore[operator]


class _Tracer(fx.Tracer):
    """Traces only into partly frozen modules: all others are one call each.

    The inside of a completely frozen or completely trained block may then be dynamic.
    """

    def __init__(self) -> None:
        super().__init__(autowrap_functions=tuple(get_notrace_functions()))

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        return len({parameter.requires_grad for parameter in m.parameters()}) < 2


def trace_features(backbone: nn.Module, size: int) -> fx.GraphModule:
    """Return `backbone` up to its features as a graph that shares its modules.

    Input is (n, 3, size, size) float32, scaled. Every node's `meta["tensor_meta"]` has its output
    shape for PROBE_BATCH slices.

    Raises:
        SplitNetworkError: its control flow depends on its input, or on training mode.
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
        raise SplitNetworkError(f"it can't be traced ({first})") from error
    finally:
        for module, training in was.items():
            module.training = training
    return traced


def _refuse_two_courses(training: fx.Graph, requested: fx.Graph) -> None:
    """Refuse a network whose calls differ between training and inference."""
    if _calls(training) != _calls(requested):
        raise SplitNetworkError("it runs differently in training and in prediction")


def _calls(graph: fx.Graph) -> list[str]:
    return [f"{n.op} {n.target} {n.args} {n.kwargs}" for n in graph.nodes]
