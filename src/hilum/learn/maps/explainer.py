"""CAM maps of a run's network, or of the members of an ensemble."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from hilum.cam_maps import CENTRED, SHARES, in_slice_pixels
from hilum.engines import as_probabilities
from hilum.learn.maps.forward_pass import Pass
from hilum.learn.maps.layers import Looked, choose_layers
from hilum.learn.maps.methods import Method, find_method
from hilum.learn.maps.receptive_field import measure_offset
from hilum.learn.predict import Member

__all__ = ["Explained", "Explainer", "mean_of_maps"]

A_GROUP_PASS = 8
"""Batch size for maps of many layers: their activations are held until the gradient is computed, up
to some 200 MB per slice in the paper's networks."""

Maps = npt.NDArray[np.float32]
Grey = npt.NDArray[np.uint8]


class Explained(NamedTuple):
    """Probabilities and maps of n slices.

    Attributes:
        probabilities: (n, classes) float64, the mean of the members'.
        target: (n,) int64, index of the class that each map is for.
        maps: (n, rows, columns) float32, 0 or more.
    """

    probabilities: npt.NDArray[np.float64]
    target: npt.NDArray[np.int64]
    maps: Maps


class Explainer:
    """Makes maps of networks: batch after batch, by one method, at the same layers.

    Attributes:
        method: how maps are made.
        looked: of each member the layers.
        averaged: several layers each.
        unit: of the maps' values.
    """

    def __init__(
        self, members: Sequence[Member], *, method: str = "gradcam", layer: str = "last"
    ) -> None:
        """Choose method and layers.

        Args:
            members: in inference mode, of the same classes in the same order.
            method: see `hilum.learn.maps.METHODS`.
            layer: see `hilum.learn.maps.choose_layers`.

        Raises:
            UsageError: there is no such method.
            RunError: a member has no such layer.
        """
        self._members = list(members)
        self.method: Method = find_method(method)
        self.looked: list[Looked] = [
            choose_layers(one.network, layer, size=one.size, last=one.cam_layer) for one in members
        ]
        self.averaged = any(looked.averaged for looked in self.looked)
        self._as_shares = not self.averaged and not self.method.adds_up and len(members) > 1
        self.unit = self.method.unit
        if self.averaged:
            self.unit = SHARES
        elif self._as_shares:
            self.unit = "share of each member's largest value, averaged"

    @cached_property
    def offset(self) -> tuple[float, float]:
        """Offset of the receptive fields from the centres of the map's cells, see `measure_offset`.

        (0, 0) for means over several layers or members, which are taken on cells.
        """
        if self.averaged or len(self._members) > 1:
            return CENTRED
        member, path = self._members[0], self.looked[0].paths[0]
        return measure_offset(member.network, path, size=member.size)

    @property
    def layers(self) -> tuple[str, ...]:
        """The layers' names; with several members each prefixed with the member's number."""
        several = len(self._members) > 1
        return tuple(
            f"{f'member {number}: ' if several else ''}{path or 'last feature map'}"
            for number, looked in enumerate(self.looked, start=1)
            for path in looked.paths
        )

    def explain(
        self, grey: Mapping[int, Grey], target: int | npt.NDArray[np.int64] | None
    ) -> Explained:
        """Return probabilities and maps of a batch, averaged over several members.

        Args:
            grey: for each member's input size the same n slices, (n, size, size) uint8.
            target: index of the class that the maps are for, one or (n,); None: the predicted class
                of each slice.

        Raises:
            RunError: a layer gives no map, or a logit is not finite.
        """
        count = len(next(iter(grey.values())))
        step = A_GROUP_PASS if self.averaged else max(1, count)
        parts = [
            self._explain(
                {size: one[first : first + step] for size, one in grey.items()},
                target[first : first + step] if isinstance(target, np.ndarray) else target,
            )
            for first in range(0, count, step)
        ]
        return Explained(*(np.concatenate(part) for part in zip(*parts, strict=True)))

    def _explain(
        self, grey: Mapping[int, Grey], target: int | npt.NDArray[np.int64] | None
    ) -> Explained:
        """Explain a batch; where the target is known beforehand, one member after another."""
        count = len(next(iter(grey.values())))
        chosen = None if target is None else np.broadcast_to(np.int64(target), (count,)).copy()
        passes, all_logits, maps = [], [], []
        for member, looked in zip(self._members, self.looked, strict=True):
            one = Pass(member.network, grey[member.size], looked=looked, method=self.method)
            all_logits.append(as_probabilities(one.logits))
            if chosen is None:
                passes.append(one)
            else:
                maps.append(one.maps(chosen))
        probabilities = np.asarray(np.mean(all_logits, axis=0), dtype=np.float64)
        if chosen is None:
            chosen = probabilities.argmax(axis=1).astype(np.int64)
            maps = [one.maps(chosen) for one in passes]
        return Explained(probabilities, chosen, self._joined(maps))

    def _joined(self, maps: list[Maps]) -> Maps:
        """Return the mean of the members' maps of the same slices."""
        if self._as_shares:
            maps = [_shares(one) for one in maps]
        return mean_of_maps(maps, add_up=self.method.adds_up and not self.averaged)


def mean_of_maps(maps: Sequence[Maps], *, add_up: bool = True) -> Maps:
    """Return the mean (n, rows, columns) float32 of several networks' maps of the same n slices.

    The grid is the finest: as many rows, and as many columns, as any of the maps has. Coarser maps
    are upsampled bilinearly. The mean of one map is that map.

    Args:
        maps: of each network.
        add_up: their values are logits per pixel of the map; upsampled ones are divided by the
            ratio of pixels, so that a map's sum is preserved and no network counts for more because
            its map is coarse.
    """
    rows, columns = (max(part.shape[axis] for part in maps) for axis in (1, 2))
    on_grid = [_on_grid(part, (rows, columns), add_up=add_up) for part in maps]
    return np.asarray(np.mean(on_grid, axis=0), dtype=np.float32)


def _on_grid(maps: Maps, shape: tuple[int, int], *, add_up: bool) -> Maps:
    """Return maps (n, rows, columns) on a finer grid, their sums preserved if `add_up`."""
    if maps.shape[1:] == shape:
        return maps
    share = maps[0].size / (shape[0] * shape[1]) if add_up else 1.0
    return np.stack([in_slice_pixels(one, shape) for one in maps]) * np.float32(share)


def _shares(maps: Maps) -> Maps:
    """Return maps divided by their maxima; zero maps stay zero."""
    largest = maps.max(axis=(1, 2), keepdims=True)
    return np.asarray(maps / np.where(largest == 0, 1, largest), dtype=np.float32)
