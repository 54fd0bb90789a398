"""Grad-CAM: channels weighted by their mean gradient."""

from __future__ import annotations

from torch import Tensor

__all__ = ["gradcam"]


def gradcam(activation: Tensor, gradient: Tensor) -> Tensor:
    """Return sum over channels k of w_k A_k, w_k the mean of dY/dA_k over the map's pixels.

    Source: Selvaraju et al. 2017, Grad-CAM, eq. 1 and 2 (without its ReLU).

    Args:
        activation: A, (n, channels, rows, columns) float32.
        gradient: dY/dA of the same shape, Y the logit.

    Returns:
        (n, rows, columns) float32, logits per pixel of the map.
    """
    weights = gradient.mean(dim=(2, 3), keepdim=True)
    return (weights * activation).sum(dim=1)
