"""Grad-CAM++: channels weighted by a weighted sum of their positive gradients."""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["gradcam_plus_plus"]


def gradcam_plus_plus(activation: Tensor, gradient: Tensor) -> Tensor:
    """Return sum over channels k of w_k A_k, w_k the sum over pixels of a_k relu(dY/dA_k).

    With Y = exp(logit), a_k = g^2 / (2 g^2 + s g^3), g the gradient and s the sum of A_k over
    pixels. Divided by g^2, that is 1 / (2 + s g), which needs no epsilon against 0 / 0. Where 2 + s
    g is 0, which only negative activations can cause, a is 0.

    Source: Chattopadhay et al. 2018, Grad-CAM++, eq. 1, 5 and 19 (without the last ReLU).

    Args:
        activation: A, (n, channels, rows, columns) float32.
        gradient: dY/dA of the same shape, Y the logit.

    Returns:
        (n, rows, columns) float32, in logits, but not on the scale of the other methods: the
        weights are sums over pixels, not means.
    """
    below = 2 + activation.sum(dim=(2, 3), keepdim=True) * gradient
    shares = torch.where(below == 0, 0, 1 / below)
    weights = (shares * torch.relu(gradient)).sum(dim=(2, 3), keepdim=True)
    return (weights * activation).sum(dim=1)
