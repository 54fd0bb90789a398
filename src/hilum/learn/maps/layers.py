"""The layers of a network in the order in which they run, and the choice of those to explain."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from hilum.catalogue.suggest import nearest
from hilum.errors import RunError
from hilum.learn.backbone import layout_of
from hilum.learn.networks import Classifier

__all__ = ["GROUPS", "LAST", "LAST_MAP", "Layer", "Looked", "choose_layers", "list_layers"]

LAST = "last"
"""Layer: the network's own last convolution, as networks.toml names it, else the last map."""
GROUPS = ("frozen", "trainable", "all")
"""Layers: the mean over the convolutions of the frozen part, of the trained one, or of both."""


class Layer(NamedTuple):
    """A module of the backbone, as seen in a forward pass.

    Attributes:
        path: timm's.
        kind: its class.
        shape: (channels, rows, columns) of its output map; None where it has none.
        frozen: it is not trained.
        convolves: it is a convolution.
    """

    path: str
    kind: str
    shape: tuple[int, int, int] | None
    frozen: bool
    convolves: bool


@dataclass(frozen=True)
class Looked:
    """The layers that a map is computed from.

    Attributes:
        paths: timm paths in forward order; empty text is the last feature map.
        averaged: the map is the mean of the layers' maps, each divided by its largest value.
    """

    paths: tuple[str, ...]
    averaged: bool = False


LAST_MAP = Looked(("",))
"""What every network has: its last feature map."""


def list_layers(network: Classifier, size: int) -> list[Layer]:
    """Return the backbone's modules in the order in which they start to run.

    The network is in inference mode. One pass of an empty slice of `size` x `size` gives the order
    and the maps. A module that runs more than once is listed at its first run; one that neither
    runs nor contains one that does is left out.
    """
    frozen = {id(module) for module in network.frozen}
    empty = torch.zeros(1, 1, size, size, device=network.mean.device)
    with _watched(network.backbone) as (order, shapes), torch.no_grad():
        network.features(empty)
    return [
        Layer(
            path, type(module).__name__, shapes.get(path), id(module) in frozen,
            isinstance(module, nn.Conv2d),
        )
        for path, module in _as_run(network.backbone, order)
    ]  # fmt: skip


def choose_layers(network: Classifier, layer: str, *, size: int, last: str = "") -> Looked:
    """Return the layers that `layer` stands for in a network.

    A group holds the convolutions (torch's Conv2d) with a map of more than one pixel; their output
    is taken before normalisation and activation, since every network has it.

    Args:
        network: of any kind.
        layer: LAST, one of GROUPS, or a timm path.
        size: side of the network's square input, pixels.
        last: path of the network's own last convolution; empty: the last feature map.

    Raises:
        RunError: the backbone has no such layer, or no convolution in the group.
    """
    if layer == LAST:
        return Looked((last,))
    if layer not in GROUPS:
        modules = [name for name, _ in network.backbone.named_modules() if name]
        if layer not in modules:
            raise RunError(
                f"the backbone has no layer {layer!r}; `hilum info RUN --layers` lists them."
                f"{nearest(layer, modules)}"
            )
        return Looked((layer,))
    paths = tuple(
        one.path
        for one in list_layers(network, size)
        if one.convolves and one.shape and one.shape[1] * one.shape[2] > 1
        and (layer == "all" or one.frozen == (layer == "frozen"))
    )  # fmt: skip
    if not paths:
        part = "" if layer == "all" else f"{'frozen' if layer == 'frozen' else 'trained'} "
        raise RunError(
            f"the network has no {part}convolution that gives a map; choose another layer "
            f"(`hilum info RUN --layers` lists them)."
        )
    return Looked(paths, averaged=True)


@contextmanager
def _watched(
    backbone: nn.Module,
) -> Iterator[tuple[dict[str, int], dict[str, tuple[int, int, int]]]]:
    """Yield two dicts that a forward pass fills: starting order and map shape of each module."""
    order: dict[str, int] = {}
    shapes: dict[str, tuple[int, int, int]] = {}

    def begins(path: str) -> None:
        order.setdefault(path, len(order))

    def gives(path: str, output: object) -> None:
        layout = layout_of(backbone, output)
        if layout is not None and isinstance(output, Tensor):
            _, channels, rows, columns = layout.as_map(output).shape
            shapes[path] = (channels, rows, columns)

    hooks: list[Any] = []
    for path, module in backbone.named_modules():
        hooks += [
            module.register_forward_pre_hook(lambda _m, _i, path=path: begins(path)),
            module.register_forward_hook(lambda _m, _i, output, path=path: gives(path, output)),
        ]
    try:
        yield order, shapes
    finally:
        for hook in hooks:
            hook.remove()


def _as_run(backbone: nn.Module, order: dict[str, int]) -> Iterator[tuple[str, nn.Module]]:
    """Yield the modules in the order in which they, or their first submodule, started to run."""
    began: dict[str, int] = {}
    for path, at in order.items():
        while path:
            began[path] = min(at, began.get(path, at))
            path = path.rpartition(".")[0]
    modules = dict(backbone.named_modules())
    for path in sorted(began, key=lambda path: (began[path], path.count("."))):
        yield path, modules[path]
