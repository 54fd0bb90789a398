"""HiResCAM: every pixel of a channel weighted by its own gradient."""

from __future__ import annotations

from torch import Tensor

__all__ = ["hirescam"]


def hirescam(activation: Tensor, gradient: Tensor) -> Tensor:
    """Return sum over channels k of dY/dA_k A_k, pixel by pixel.

    Where global pooling and one dense layer follow, that is the logit itself, pixel by pixel, and
    equal to Grad-CAM.

    Source: Draelos & Carin 2020, Use HiResCAM instead of Grad-CAM, eq. 4 (arXiv 2011.08891).

    Args:
        activation: A, (n, channels, rows, columns) float32.
        gradient: dY/dA of the same shape, Y the logit.

    Returns:
        (n, rows, columns) float32, logits per pixel of the map.
    """
    return (gradient * activation).sum(dim=1)
