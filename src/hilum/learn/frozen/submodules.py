"""The submodules of a network: a frozen part, which is a pure function, and a trained tail."""

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
"""Share of the largest logit by which the two parts in sequence may differ from the network: far
above rounding, far below the effect of a misplaced call."""


class FrozenPart(nn.Module):
    """The calls that no trained parameter feeds: from grey levels to the tensors that are stored.

    Input: (n, 1 or 3, size, size) float32, 0..255. Output: a tuple of (n, ...) float32 tensors. It
    shares its modules with the network.
    """

    def __init__(self, network: Classifier, features: fx.GraphModule) -> None:
        super().__init__()
        self.features = features
        self.register_buffer("mean", network.mean)
        self.register_buffer("std", network.std)
        self.mean: Tensor
        self.std: Tensor

    def forward(self, grey: Tensor) -> tuple[Tensor, ...]:
        """Return the tensors to store for grey levels 0..255."""
        scaled = (grey - self.mean) / self.std
        retained: tuple[Tensor, ...] = self.features(
            scaled.contiguous(memory_format=torch.channels_last)
        )
        return retained


class Tail(nn.Module):
    """The rest of a network, head included: logits (n, classes) from the frozen part's outputs.

    It shares its modules with the network, so that training it trains the network.
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
        """Switch to training mode; frozen modules stay in inference mode."""
        super().train(mode)
        for module in self.frozen:
            module.training = False
        return self


def split_network(network: Classifier, size: int) -> tuple[FrozenPart, Tail]:
    """Return the frozen part of `network`, which no trained parameter feeds, and the rest.

    The two in sequence are compared with the network on two slices of noise.

    Args:
        network: frozen by `hilum.learn.networks.freeze`; shares its modules with both parts.
        size: side of the square input, pixels.

    Raises:
        SplitNetworkError: nothing is frozen, frozen batch norm uses batch statistics, or the
            network can't be traced.
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
    """Return the graph from the input to the calls whose results are stored."""
    needed = _back_from(flow.passed, stop=())
    graph = fx.Graph()
    copies: dict[fx.Node, fx.Node] = {}
    for node in traced.graph.nodes:
        if node in needed:
            copies[node] = graph.node_copy(node, copies.__getitem__)
    graph.output(tuple(copies[node] for node in flow.passed))
    return fx.GraphModule(traced, graph)


def _after(traced: fx.GraphModule, flow: Flow) -> fx.GraphModule:
    """Return the graph from the stored results to the features."""
    needed = _back_from(flow.trained, stop=flow.passed)
    graph = fx.Graph()
    copies = {node: graph.placeholder(f"kept_{n}") for n, node in enumerate(flow.passed)}
    for node in traced.graph.nodes:
        if node in needed and node not in copies:
            copies[node] = graph.node_copy(node, copies.__getitem__)
    return fx.GraphModule(traced, graph)


def _back_from(nodes: Iterable[fx.Node], *, stop: Iterable[fx.Node]) -> set[fx.Node]:
    """Return `nodes` and everything they depend on, no further back than `stop`."""
    found, todo, stopped = set(stop), list(nodes), set(stop)
    while todo:
        node = todo.pop()
        found.add(node)
        todo += [s for s in node.all_input_nodes if s not in found and s not in stopped]
    return found


@torch.no_grad()
def _compare(network: Classifier, before: FrozenPart, after: Tail, size: int) -> None:
    """Refuse parts whose logits differ from the network's."""
    was = network.training
    generator = torch.Generator().manual_seed(0)
    grey = (torch.rand((2, 1, size, size), generator=generator) * 255).to(network.mean.device)
    network.eval()
    expected = network(grey)
    parted = after.eval()(*before.eval()(grey))
    network.train(was)
    if not torch.allclose(expected, parted, rtol=0, atol=TOLERANCE * float(expected.abs().max())):
        raise SplitNetworkError("its two parts in sequence give other logits than the network")
