"""XGrad-CAM: channels weighted by the mean of their gradient where they are active."""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["xgradcam"]

NO_SUM = 1e-6
"""A channel whose sum is below this share of its sum of absolute values counts as 0: dividing by it
would divide by float32 rounding error."""


def xgradcam(activation: Tensor, gradient: Tensor) -> Tensor:
    """Return sum over channels k of w_k A_k, w_k the mean of dY/dA_k weighted by A_k.

    A channel with sum 0 has no such mean and gets weight 0. Meant for non-negative activations:
    otherwise the sum, which is the denominator, may be close to 0.

    Source: Fu et al. 2020, Axiom-based Grad-CAM, eq. 9 (without the last ReLU).

    Args:
        activation: A, (n, channels, rows, columns) float32.
        gradient: dY/dA of the same shape, Y the logit.

    Returns:
        (n, rows, columns) float32, logits per pixel of the map.
    """
    total = activation.sum(dim=(2, 3), keepdim=True)
    none = total.abs() <= NO_SUM * activation.abs().sum(dim=(2, 3), keepdim=True)
    weighted = (gradient * activation).sum(dim=(2, 3), keepdim=True)
    weights = torch.where(none, 0, weighted / torch.where(none, 1, total))
    return (weights * activation).sum(dim=1)
