"""The calls of a network that can run once, and the smallest set of tensors to store for the rest.

A call depends on training if a trained parameter feeds it, directly or not. Everything else is a
pure function of the slice. The tensors to store for the trained calls are a minimum cut through
that function: calls without weights (activations, additions, concatenations, pooling) may be
repeated behind the cut where that reduces what is stored.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import breadth_first_order, maximum_flow
from torch import fx
from torch.fx.passes.shape_prop import TensorMetadata

from hilum.errors import SplitNetworkError
from hilum.learn.frozen.graph import PROBE_BATCH

__all__ = ["Flow", "follow"]

ENDLESS = 2**30
"""Capacity of an edge that can't be cut; more numbers than any tensor of one slice has."""


@dataclass(frozen=True)
class Flow:
    """The flow of data through a traced backbone.

    Attributes:
        passed: the calls whose results are stored, in the order of the graph.
        trained: the calls that a trained parameter feeds, and the output.
    """

    passed: tuple[fx.Node, ...]
    trained: frozenset[fx.Node]


def follow(traced: fx.GraphModule) -> Flow:
    """Return the calls that depend on trained parameters, and those whose results to store.

    Raises:
        SplitNetworkError: nothing is frozen, or no set of tensors with one row per slice separates
            the two.
    """
    _refuse_in_place(traced)
    trained = _reached(traced, _trains)
    of_slice = _reached(traced, lambda _, node: node.op == "placeholder")
    trained |= {node for node in traced.graph.nodes if node.op == "output"}
    frozen = [n for n in traced.graph.nodes if n in of_slice and n not in trained]
    if not any(_has_weights(traced, node) for node in frozen):
        raise SplitNetworkError("nothing of it is frozen")
    return Flow(_minimum_cut(traced, frozen, trained), frozenset(trained))


def _reached(
    traced: fx.GraphModule, begins: Callable[[fx.GraphModule, fx.Node], bool]
) -> set[fx.Node]:
    """Return the nodes for which `begins(traced, node)` holds, and all that depend on them."""
    found: set[fx.Node] = set()
    for node in traced.graph.nodes:
        if begins(traced, node) or any(source in found for source in node.all_input_nodes):
            found.add(node)
    return found


def _trains(traced: fx.GraphModule, node: fx.Node) -> bool:
    """Whether the call itself has a trained parameter."""
    if node.op == "call_module":
        return any(p.requires_grad for p in traced.get_submodule(str(node.target)).parameters())
    if node.op == "get_attr":
        holder, _, name = str(node.target).rpartition(".")
        value = getattr(traced.get_submodule(holder), name)
        return bool(getattr(value, "requires_grad", False))
    return False


def _has_weights(traced: fx.GraphModule, node: fx.Node) -> bool:
    """Whether a call has weights of its own: it is expensive, and not repeated."""
    if node.op != "call_module":
        return False
    return any(True for _ in traced.get_submodule(str(node.target)).parameters())


def _refuse_in_place(traced: fx.GraphModule) -> None:
    """Refuse a call that works in place on another call's input: their order would matter."""
    for node in traced.graph.nodes:
        module = traced.get_submodule(str(node.target)) if node.op == "call_module" else None
        in_place = (
            getattr(module, "inplace", False)
            or node.kwargs.get("inplace", False)
            or (node.op == "call_method" and str(node.target).endswith("_"))
        )
        if in_place and any(len(source.users) > 1 for source in node.all_input_nodes):
            raise SplitNetworkError(f"{node.target} works in place on the input of other layers")


def _numbers(node: fx.Node) -> int:
    """Return how many numbers per slice a call returns; ENDLESS where it has no row per slice."""
    metadata = node.meta.get("tensor_meta")
    if not isinstance(metadata, TensorMetadata) or not metadata.dtype.is_floating_point:
        return ENDLESS
    if not metadata.shape or metadata.shape[0] != PROBE_BATCH:
        return ENDLESS
    return math.prod(metadata.shape[1:])


def _minimum_cut(
    traced: fx.GraphModule, frozen: list[fx.Node], trained: set[fx.Node]
) -> tuple[fx.Node, ...]:
    """Return the calls of `frozen` to store, so that the fewest numbers are stored.

    A flow network with two vertices per call: the edge between them stands for storing the call's
    result. Calls with weights are fed by the source; inputs of trained calls drain into the sink.
    """
    rank = {node: 2 * number for number, node in enumerate(frozen)}
    source, sink = 2 * len(frozen), 2 * len(frozen) + 1
    edges: dict[tuple[int, int], int] = {}
    for node, entry in rank.items():
        edges[entry, entry + 1] = _numbers(node)
        if node.op == "placeholder" or _has_weights(traced, node):
            edges[source, entry] = ENDLESS
        for user in node.users:
            if user in trained:
                edges[entry + 1, sink] = ENDLESS
            elif user in rank and not _has_weights(traced, user):
                edges[entry + 1, rank[user]] = ENDLESS
    ends, capacity = np.array(list(edges)), np.array(list(edges.values()), dtype=np.int32)
    network = csr_array((capacity, (ends[:, 0], ends[:, 1])), shape=(sink + 1, sink + 1))
    found = maximum_flow(network, source, sink)
    if found.flow_value >= ENDLESS:
        raise SplitNetworkError(
            "its parts are connected by more than tensors with one row per slice"
        )
    left = csr_array(network - found.flow)
    left.data[left.data < 0] = 0
    left.eliminate_zeros()
    near = set(breadth_first_order(left, source, return_predecessors=False).tolist())
    return tuple(n for n, entry in rank.items() if entry in near and entry + 1 not in near)
