"""Batch norm folded into the preceding convolution: one operation less, the same function."""

from __future__ import annotations

from collections import Counter

import torch
from timm.layers import BatchNormAct2d
from torch import Tensor, nn
from torch.fx import Node, Proxy, Tracer
from torch.fx.proxy import TraceError
from torch.nn.utils.fusion import fuse_conv_bn_weights

from hilum.learn.freeze_point import BATCH_NORMS
from hilum.learn.networks import Classifier

__all__ = ["fold_batchnorm", "fold_module"]

UNTRACEABLE = (AttributeError, KeyError, NameError, NotImplementedError, RuntimeError, TraceError,
               TypeError, ValueError)  # fmt: skip
"""Exceptions of networks whose operations depend on their input: these are left as they are."""
NORMS = (nn.BatchNorm2d, BatchNormAct2d)
"""Types of batch norm whose every operation is known."""


def fold_batchnorm(network: Classifier) -> int:
    """Fold each batch norm of a network in inference mode into its convolution; return how many.

    Args:
        network: in inference mode; its backbone is changed in place, see `fold_module`.
    """
    return fold_module(_FeatureExtractor(network))


def fold_module(module: nn.Module) -> int:
    """Fold the batch norms of a module with one input into their convolutions; return how many.

    Only where the norm is the sole consumer of the convolution's output, as symbolic tracing
    (torch.fx) shows; a module that can't be traced is left as it is. An activation inside timm's
    norm is preserved.

    Args:
        module: in inference mode; changed in place.
    """
    try:
        graph = _Leaves().trace(module)
    except UNTRACEABLE:
        return 0
    parts = dict(module.named_modules(remove_duplicate=False))
    calls = Counter(id(parts[str(node.target)]) for node in graph.nodes if node.op == "call_module")
    pairs = [pair for node in graph.nodes if (pair := _foldable(node, parts)) is not None]
    pairs = [(conv, name) for conv, name in pairs if calls[id(conv)] == calls[id(parts[name])] == 1]
    for conv, name in pairs:
        norm = parts[name]
        assert isinstance(norm, nn.BatchNorm2d)
        _fold(conv, norm)
        module.set_submodule(name, _rest(norm))
    return len(pairs)


class _FeatureExtractor(nn.Module):
    """The convolutional part of a classifier, as a callable module."""

    def __init__(self, network: Classifier) -> None:
        super().__init__()
        self.backbone = network.backbone

    def forward(self, scaled: Tensor) -> Tensor:
        features: Tensor = self.backbone.forward_features(scaled)  # type: ignore[operator]
        return features


class _Leaves(Tracer):
    """A tracer that takes a batch norm as one operation, also timm's with an activation inside."""

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        """Whether a module is not traced into."""
        return isinstance(m, BATCH_NORMS) or super().is_leaf_module(m, module_qualified_name)

    def to_bool(self, obj: Proxy) -> bool:
        """Refuse a branch, which would depend on the input."""
        raise TraceError("a branch depends on the input")


def _foldable(node: Node, parts: dict[str, nn.Module]) -> tuple[nn.Conv2d, str] | None:
    """Return the convolution before a batch norm, and the norm's name, where they are a pair."""
    before = node.args[0] if node.op == "call_module" and node.args else None
    if not isinstance(before, Node) or before.op != "call_module" or len(before.users) != 1:
        return None
    conv, norm = parts[str(before.target)], parts[str(node.target)]
    plain = type(conv).forward is nn.Conv2d.forward  # others change their weights on the way
    if not (isinstance(conv, nn.Conv2d) and plain and type(norm) in NORMS):
        return None
    return (conv, str(node.target)) if norm.running_mean is not None else None


@torch.no_grad()
def _fold(conv: nn.Conv2d, norm: nn.BatchNorm2d) -> None:
    """Multiply a norm into the weights of the convolution before it."""
    assert norm.running_mean is not None
    assert norm.running_var is not None
    conv.weight, conv.bias = fuse_conv_bn_weights(
        conv.weight, conv.bias, norm.running_mean, norm.running_var, norm.eps, norm.weight,
        norm.bias,
    )  # fmt: skip


def _rest(norm: nn.BatchNorm2d) -> nn.Module:
    """Return what remains of a folded norm: timm's activation, or an identity."""
    inside = (getattr(norm, name, None) for name in ("drop", "act"))
    left = [part for part in inside if isinstance(part, nn.Module)]
    return nn.Sequential(*left) if left else nn.Identity()
