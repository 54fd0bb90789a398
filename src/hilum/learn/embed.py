"""Features of slices from a frozen pretrained network: its last map, averaged."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from hilum.learn.augment import as_batch
from hilum.learn.backbone import MapLayout, make_backbone
from hilum.learn.device import keep_memory
from hilum.learn.fuse_batchnorm import fold_module
from hilum.learn.networks import load_backbone
from hilum.learn.weights import find_weights
from hilum.processes import share_of_cores

__all__ = ["Embedder", "open_embedder"]


class Embedder(NamedTuple):
    """A function from slices to features, and its origin.

    Attributes:
        origin: network and weights, in words.
        size: side of its square input, pixels.
        embed: (n, size, size) uint8 -> (n, channels) float32.
    """

    origin: str
    size: int
    embed: Callable[[npt.NDArray[np.uint8]], npt.NDArray[np.float32]]


class _PooledFeatures(nn.Module):
    """A backbone's last map, averaged over rows and columns."""

    def __init__(self, backbone: nn.Module, layout: MapLayout) -> None:
        super().__init__()
        self.backbone, self.layout = backbone, layout

    def forward(self, scaled: Tensor) -> Tensor:
        """Return (n, channels) for (n, 3, size, size), scaled as the weights expect."""
        given = self.backbone.forward_features(scaled)  # type: ignore[operator]
        return self.layout.as_map(given).mean(dim=(2, 3))


def open_embedder(network: str, weights: Path | str | None = None) -> Embedder | None:
    """Return the pretrained network `network` as an embedding; None for random weights.

    Args:
        network: timm's name.
        weights: as in `hilum.learn.weights.find_weights`.

    Raises:
        RecipeError, UsageError, WeightsError: see `find_weights`.
    """
    found = find_weights(network, weights)
    if found.state is None:
        return None
    keep_memory()
    if "OMP_NUM_THREADS" not in os.environ:
        torch.set_num_threads(share_of_cores())
    backbone, layout = make_backbone(network, found.size)
    load_backbone(backbone, found.state, network=network, origin=found.origin)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    features_of = _PooledFeatures(backbone, layout).to(device).to(memory_format=torch.channels_last)
    features_of.eval().requires_grad_(False)
    fold_module(features_of)
    mean = torch.tensor(found.mean, device=device).view(1, 3, 1, 1) * 255
    std = torch.tensor(found.std, device=device).view(1, 3, 1, 1) * 255

    @torch.inference_mode()
    def embed(grey: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        scaled = (as_batch(grey, device) - mean) / std
        in_order = scaled.contiguous(memory_format=torch.channels_last)
        return np.asarray(features_of(in_order).float().cpu().numpy(), dtype=np.float32)

    return Embedder(f"{network}, {found.origin}", found.size, embed)
