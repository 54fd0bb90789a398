"""The parameters that a backbone's features depend on, determined by the gradient."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

__all__ = ["reached_parameters", "run_features"]


def run_features(backbone: nn.Module, size: int) -> Any:
    """Return the features of one empty slice of `size` x `size`, in inference mode."""
    was_training = [(module, module.training) for module in backbone.modules()]
    backbone.eval()
    try:
        with torch.device("cpu"):
            return backbone.forward_features(torch.zeros(1, 3, size, size))  # type: ignore[operator]
    finally:
        for module, was in was_training:
            module.training = was


def reached_parameters(backbone: nn.Module, size: int, *, stop: str = "") -> set[int]:
    """Return the ids of the parameters that the gradient of the features reaches.

    Args:
        backbone: not changed.
        size: side of the square input, pixels.
        stop: path of a module; the gradient stops at its input, so that parameters before it are
            reached only by a path around it.
    """
    parameters = list(backbone.parameters())
    needed = [p.requires_grad for p in parameters]
    backbone.requires_grad_(True)
    hook = None
    if stop:
        module = backbone.get_submodule(stop)
        hook = module.register_forward_pre_hook(_detach_inputs, with_kwargs=True)
    try:
        with torch.enable_grad():
            features = run_features(backbone, size)
            gradients = torch.autograd.grad(features.sum(), parameters, allow_unused=True)
    finally:
        if hook is not None:
            hook.remove()
        for parameter, was in zip(parameters, needed, strict=True):
            parameter.requires_grad_(was)
    return {id(p) for p, g in zip(parameters, gradients, strict=True) if g is not None}


def _detach_inputs(_module: nn.Module, args: Any, kwargs: Any) -> tuple[Any, Any]:
    """Detach the inputs of a module."""
    return _detached(args), _detached(kwargs)


def _detached(value: Any) -> Any:
    """Return detached copies (a module may work in place) of all tensors in `value`."""
    if isinstance(value, Tensor):
        return value.detach().clone()
    if isinstance(value, dict):
        return {key: _detached(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_detached(one) for one in value)
    return value
