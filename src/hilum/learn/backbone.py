"""timm's networks as hilum uses them: up to the last feature map, in one layout.

timm's networks end in one of three forms: channels first (most convolutional ones), channels last
(Swin and some others), or a row of tokens, one for each patch (vision transformers), with class or
register tokens in front. All become (n, channels, rows, columns), so that pooling and Grad-CAM are
the same for every network; tokens in front are left out.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

import timm
import torch
from torch import Tensor, nn

from hilum.errors import RecipeError
from hilum.learn.gradient_reach import reached_parameters, run_features
from hilum.learn.weights import pretrained_config, side_of

__all__ = ["UNUSED", "MapLayout", "is_dropped", "layout_of", "make_backbone"]

UNUSED = ("pre_logits", "head", "classifier", "fc", "AuxLogits", "last_linear")
"""timm's names for modules after the feature map that `forward_features` does not call."""

REFUSALS = (
    AssertionError,
    AttributeError,
    IndexError,
    KeyError,
    NotImplementedError,
    RuntimeError,
    TypeError,
    ValueError,
)
"""Exceptions of networks that can't take an input size: timm has no exception of its own for it."""


class _Dropped(nn.Identity):
    """Replaces a module that follows the features."""


@dataclass(frozen=True)
class MapLayout:
    """Memory layout and width of a backbone's last features.

    Attributes:
        kind: "channels first" (n, c, rows, columns), "channels last" (n, rows, columns, c), or
            "tokens" (n, prefix + rows * columns, c), rows as many as columns.
        channels: c.
        prefix: tokens in front that belong to no patch.
    """

    kind: Literal["channels first", "channels last", "tokens"]
    channels: int
    prefix: int = 0

    def as_map(self, features: Tensor) -> Tensor:
        """Return features as (n, channels, rows, columns)."""
        if self.kind == "channels last":
            return features.permute(0, 3, 1, 2)
        if self.kind == "tokens":
            patches = features[:, self.prefix :].transpose(1, 2)
            side = math.isqrt(patches.shape[2])
            return patches.reshape(*patches.shape[:2], side, side)
        return features


def make_backbone(name: str, size: int) -> tuple[nn.Module, MapLayout]:
    """Return timm's network `name` with random weights, up to its features, and their layout.

    Args:
        name: timm's, with or without the tag of pretrained weights.
        size: side of the square input, pixels; position embeddings are created for this size.

    Raises:
        RecipeError: the network can't be made for this size, or it gives no map.
    """
    own = side_of(pretrained_config(name))
    try:
        backbone = _create(name, size if size != own else None)
        with _calls(backbone) as called, torch.no_grad():
            features = run_features(backbone, size)
    except REFUSALS as error:
        raise RecipeError(_no_features(name, size, own, error)) from error
    layout = layout_of(backbone, features)
    if layout is None:
        raise RecipeError(
            f"[network] backbone: {name} gives no map of (channels, rows, columns) but "
            f"{_shape(features)}; choose a network for pictures whose features are a map or "
            f"square patches."
        )
    _drop_unused(backbone, called, size)
    return backbone, layout


def is_dropped(backbone: nn.Module, parameter: str) -> bool:
    """Whether a parameter of timm's whole network belongs to what follows the features."""
    top = parameter.split(".")[0]
    part = getattr(backbone, top, None)
    return isinstance(part, _Dropped) or (top in UNUSED and not isinstance(part, nn.Module))


def _create(name: str, size: int | None) -> nn.Module:
    """Return the network, created for `size` where it accepts an input size."""
    made: nn.Module
    if size is not None:
        try:
            made = timm.create_model(name, pretrained=False, num_classes=0, img_size=size)
        except TypeError as error:
            if "img_size" not in str(error):
                raise
        else:
            return made
    made = timm.create_model(name, pretrained=False, num_classes=0)
    return made


def _no_features(name: str, size: int, own: int, error: Exception) -> str:
    """Return the error for a network that fails on a slice, with the network's own message."""
    first = (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")
    remedy = (
        "choose another network"
        if size == own
        else f"its own size is {own} (--set input.size={own})"
    )
    return f"[network] backbone: {name} can't take slices of {size} x {size}: {first}; {remedy}."


def _shape(features: object) -> str:
    """Return the shape without the batch dimension, or the type of anything else."""
    if isinstance(features, Tensor):
        return str(tuple(features.shape[1:]))
    return f"a {type(features).__name__} of tensors"


def layout_of(backbone: nn.Module, features: object) -> MapLayout | None:
    """Return the layout of features (n, ...) of a square input, or None where they are no map."""
    if not isinstance(features, Tensor):
        return None
    if features.ndim == 4:
        _, first, second, third = features.shape
        declared = getattr(backbone, "output_fmt", "NCHW")
        last = first == second and (second != third or str(declared).endswith("NHWC"))
        if last:
            return MapLayout("channels last", third)
        return MapLayout("channels first", first) if second == third else None
    if features.ndim == 3:
        _, tokens, channels = features.shape
        declared = getattr(backbone, "num_prefix_tokens", None)
        for prefix in (
            (0, 1) if declared is None else (int(declared),)
        ):  # VOLO doesn't tell of its one
            if math.isqrt(tokens - prefix) ** 2 == tokens - prefix:
                return MapLayout("tokens", channels, prefix)
    return None


def _drop_unused(backbone: nn.Module, called: set[str], size: int) -> None:
    """Remove modules that do not contribute to the features, such as a classifier.

    Those are modules with parameters that were not `called` and that no gradient reaches.
    """
    for name in UNUSED:
        if name not in called and isinstance(getattr(backbone, name, None), nn.Module):
            setattr(backbone, name, _Dropped())
    parts = {name: list(part.parameters()) for name, part in backbone.named_children()}
    silent = [name for name, own in parts.items() if own and name not in called]
    reached = reached_parameters(backbone, size) if silent else set()
    for name in silent:
        if not any(id(parameter) in reached for parameter in parts[name]):
            setattr(backbone, name, _Dropped())


@contextmanager
def _calls(backbone: nn.Module) -> Iterator[set[str]]:
    """Yield the names of the children of `backbone` that are called, or contain a called module."""
    called: set[str] = set()
    hooks = [
        module.register_forward_pre_hook(lambda *_, name=name: called.add(name))
        for name, part in backbone.named_children()
        for module in part.modules()
    ]
    try:
        yield called
    finally:
        for hook in hooks:
            hook.remove()
