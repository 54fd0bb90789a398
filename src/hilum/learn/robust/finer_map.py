"""Finer feature maps: layers of the backbone at two and four times its last map's resolution."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import torch
from torch import Tensor, nn

from hilum.learn.backbone import MapLayout, layout_of
from hilum.learn.gradient_reach import run_features

__all__ = ["FinerMap", "Tap", "find_finer_maps"]

FINER = ((1.5, 3.0), (3.0, 6.0))
"""Sides of finer maps, from and up to, in times that of the last one: strides are powers of two,
and networks without padding lose a few pixels on the way."""


class FinerMap(NamedTuple):
    """A layer that gives a finer map.

    Attributes:
        path: timm's.
        channels: of its map.
        layout: how the map lies.
    """

    path: str
    channels: int
    layout: MapLayout


class Tap:
    """A forward hook that keeps what its module gave last, until it is taken.

    An object rather than a function, so that a copied network gets a tap of its own.
    """

    def __init__(self) -> None:
        self._output: Tensor | None = None

    def __call__(self, module: nn.Module, given: object, output: object) -> None:
        if isinstance(output, Tensor):
            self._output = output

    def take(self) -> Tensor:
        """Return the latest output and forget it."""
        output, self._output = self._output, None
        assert output is not None, "the tapped layer did not run"
        return output


@torch.no_grad()
def find_finer_maps(backbone: nn.Module, size: int) -> list[FinerMap]:
    """Return the last of the outermost layers with a map two, and four, times as fine as the last.

    Outermost: a stage rather than a layer inside of it. Fewer than two where no layer has such a
    map, as in transformers, whose maps are all alike.

    Args:
        backbone: up to its features.
        size: side of the square input, pixels.
    """
    with _maps(backbone) as maps:
        features = run_features(backbone, size)
    layout = layout_of(backbone, features)
    assert layout is not None, "a backbone gives a map"
    last = layout.as_map(features).shape[-1]
    chosen = []
    for low, high in FINER:
        finer = [
            FinerMap(path, own.channels, own)
            for path, own, side in maps
            if low * last <= side < high * last
        ]
        if finer:
            fewest = min(found.path.count(".") for found in finer)
            chosen.append([found for found in finer if found.path.count(".") == fewest][-1])
    return chosen


@contextmanager
def _maps(backbone: nn.Module) -> Iterator[list[tuple[str, MapLayout, int]]]:
    """Yield a list that a forward pass fills with each module's path, layout and side of map."""
    found: list[tuple[str, MapLayout, int]] = []

    def gives(path: str, output: object) -> None:
        layout = layout_of(backbone, output)
        if layout is not None and isinstance(output, Tensor):
            found.append((path, layout, int(layout.as_map(output).shape[-1])))

    hooks = [
        module.register_forward_hook(lambda _m, _i, output, path=path: gives(path, output))
        for path, module in backbone.named_modules()
        if path
    ]
    try:
        yield found
    finally:
        for hook in hooks:
            hook.remove()
