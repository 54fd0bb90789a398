"""Inputs of the trained part of a network: slices, or the outputs of its frozen part."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from hilum.learn.augment import warped_batch

__all__ = ["Feed", "SliceFeed"]


class Feed(Protocol):
    """A network, or the trained part of one, and how a batch of slices becomes its inputs.

    Attributes:
        network: called with what `inputs` returns; gives logits (n, classes).
    """

    @property
    def network(self) -> nn.Module: ...

    def inputs(
        self,
        grey: npt.NDArray[np.uint8],
        maps: npt.NDArray[np.float32] | None,
        device: torch.device | str,
    ) -> tuple[Tensor, ...]:
        """Return the network's inputs for slices (n, size, size), warped by maps (n, 2, 3).

        Without maps the slices are used as they are.
        """


class SliceFeed:
    """A complete network, fed with slices."""

    def __init__(self, network: nn.Module) -> None:
        self.network = network

    def inputs(
        self,
        grey: npt.NDArray[np.uint8],
        maps: npt.NDArray[np.float32] | None,
        device: torch.device | str,
    ) -> tuple[Tensor, ...]:
        """Return grey levels (n, 1, size, size) float32, 0..255."""
        return (warped_batch(grey, maps, device),)
