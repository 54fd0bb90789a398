"""LayerCAM: every pixel of a channel weighted by the positive part of its own gradient."""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["layercam"]


def layercam(activation: Tensor, gradient: Tensor) -> Tensor:
    """Return sum over channels k of relu(dY/dA_k) A_k, pixel by pixel.

    Meant for early layers, whose maps are fine; it shows only what raises the logit.

    Source: Jiang et al. 2021, LayerCAM, eq. 5 to 7 (without the last ReLU).

    Args:
        activation: A, (n, channels, rows, columns) float32.
        gradient: dY/dA of the same shape, Y the logit.

    Returns:
        (n, rows, columns) float32, logits per pixel of the map.
    """
    return (torch.relu(gradient) * activation).sum(dim=1)
