"""The two parts of a network: the frozen one, a pure function, and the tail that is trained."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, fx, nn

from hilum.errors import SplitNetworkError
from hilum.learn.frozen.graph import trace_features
from hilum.learn.frozen.min_cut import Flow, follow
from hilum.learn.networks import Classifier

__all__ = ["FrozenPart", "Tail", "split_network"]

TOLERANCE = 1e-3
"""Share of the largest logit by which the two parts, put together, may differ from the whole: far
above rounding, far below what a call in the wrong place would do."""


class FrozenPart(nn.Module):
    """What runs before anything that is trained: from grey levels to the tensors that are kept.

    Input: (n, 1 or 3, size, size) float32, 0..255. Output: a tuple of (n, ...) float32 tensors.
    Its modules are those of the network it was taken from.
    """

    def __init__(self, network: Classifier, features: fx.GraphModule) -> None:
        super().__init__()
        self.features = features
        self.register_buffer("mean", network.mean)
        self.register_buffer("std", network.std)
        self.mean: Tensor
        self.std: Tensor

    def forward(self, grey: Tensor) -> tuple[Tensor, ...]:
        """Return the tensors that are kept of grey levels 0..255."""
        scaled = (grey - self.mean) / self.std
        retained: tuple[Tensor, ...] = self.features(
            scaled.contiguous(memory_format=torch.channels_last)
        )
        return retained


class Tail(nn.Module):
    """The rest of a network, head included: logits (n, classes) from what the frozen part gives.

    Its modules are those of the network, so that training it trains the network.
    """

    def __init__(self, network: Classifier, features: fx.GraphModule) -> None:
        super().__init__()
        self.features = features
        self.head = network.head
        self.layout = network.layout
        self.frozen = network.frozen

    def forward(self, *retained: Tensor) -> Tensor:
        """Return logits (n, classes)."""
        features = self.layout.as_map(self.features(*retained))
        logits: Tensor = self.head(features.mean(dim=(2, 3)))
        return logits

    def train(self, mode: bool = True) -> Tail:
        """Switch to training; what is frozen stays in inference mode."""
        super().train(mode)
        for module in self.frozen:
            module.training = False
        return self


def split_network(network: Classifier, size: int) -> tuple[FrozenPart, Tail]:
    """Return the part of `network` that no trained parameter feeds, and the rest.

    The two put together are compared with the whole on a few slices of noise.

    Args:
        network: frozen by `hilum.learn.networks.freeze`; shares its modules with both parts.
        size: side of the square input, pixels.

    Raises:
        SplitNetworkError: nothing is frozen, frozen batch norm runs on the batch, or the data
            can't be followed through the network.
    """
    if network.batch_statistics:
        raise SplitNetworkError("its frozen batch norm runs on the statistics of each batch")
    if not network.frozen:
        raise SplitNetworkError("nothing of it is frozen")
    traced = trace_features(network.backbone, size)
    flow = follow(traced)
    parts = FrozenPart(network, _before(traced, flow)), Tail(network, _after(traced, flow))
    _compare(network, *parts, size)
    return parts


def _before(traced: fx.GraphModule, flow: Flow) -> fx.GraphModule:
    """Return the graph from the input to the calls that are kept."""
    needed = _back_from(flow.passed, stop=())
    graph = fx.Graph()
    copies: dict[fx.Node, fx.Node] = {}
    for node in traced.graph.nodes:
        if node in needed:
            copies[node] = graph.node_copy(node, copies.__getitem__)
    graph.output(tuple(copies[node] for node in flow.passed))
    return fx.GraphModule(traced, graph)


def _after(traced: fx.GraphModule, flow: Flow) -> fx.GraphModule:
    """Return the graph from the calls that are kept to the features."""
    needed = _back_from(flow.trained, stop=flow.passed)
    graph = fx.Graph()
    copies = {node: graph.placeholder(f"kept_{n}") for n, node in enumerate(flow.passed)}
    for node in traced.graph.nodes:
        if node in needed and node not in copies:
            copies[node] = graph.node_copy(node, copies.__getitem__)
    return fx.GraphModule(traced, graph)


def _back_from(nodes: Iterable[fx.Node], *, stop: Iterable[fx.Node]) -> set[fx.Node]:
    """Return `nodes` and all that leads to them, not further back than `stop`."""
    found, todo, stopped = set(stop), list(nodes), set(stop)
    while todo:
        node = todo.pop()
        found.add(node)
        todo += [s for s in node.all_input_nodes if s not in found and s not in stopped]
    return found


@torch.no_grad()
def _compare(network: Classifier, before: FrozenPart, after: Tail, size: int) -> None:
    """Refuse parts that don't say what the whole says."""
    was = network.training
    generator = torch.Generator().manual_seed(0)
    grey = (torch.rand((2, 1, size, size), generator=generator) * 255).to(network.mean.device)
    network.eval()
    expected = network(grey)
    parted = after.eval()(*before.eval()(grey))
    network.train(was)
    if not torch.allclose(expected, parted, rtol=0, atol=TOLERANCE * float(expected.abs().max())):
        raise SplitNetworkError("its parts, put together, don't say what the whole says")
