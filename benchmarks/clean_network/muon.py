"""Muon: momentum whose matrix is made orthogonal before each step (Jordan et al. 2024).

torch.optim.Muon takes matrices alone; here a convolution's kernel is one too, a row an output.
"""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import nn

__all__ = ["Muon"]

MOMENTUM = 0.95
NEWTON_SCHULZ = (3.4445, -4.7750, 2.0315)
"""Of the quintic that brings all singular values near 1 (Jordan et al. 2024)."""
ROUNDS = 5


class Muon(torch.optim.Optimizer):
    """For kernels (out, in, rows, columns); steps don't depend on the gradient's size."""

    def __init__(self, kernels: Iterable[nn.Parameter], lr: float) -> None:
        super().__init__(kernels, {"lr": lr})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """Update the kernels from their gradients."""
        for group in self.param_groups:
            for kernel in group["params"]:
                if kernel.grad is None:
                    continue
                momentum = self.state[kernel].setdefault("momentum", torch.zeros_like(kernel))
                momentum.lerp_(kernel.grad, 1 - MOMENTUM)
                ahead = kernel.grad.lerp(momentum, MOMENTUM)
                update = orthogonal(ahead.flatten(1)).view_as(kernel)
                rows, columns = kernel.shape[0], kernel[0].numel()
                kernel.add_(update, alpha=-group["lr"] * max(1.0, rows / columns) ** 0.5)


def orthogonal(matrix: torch.Tensor) -> torch.Tensor:
    """Return about U V' of the matrix's singular value decomposition U S V'."""
    a, b, c = NEWTON_SCHULZ
    tall = matrix.shape[0] > matrix.shape[1]
    x = matrix.T if tall else matrix
    x = x / (x.norm() + 1e-7)
    for _ in range(ROUNDS):
        square = x @ x.T
        x = a * x + (b * square + c * square @ square) @ x
    return x.T if tall else x
