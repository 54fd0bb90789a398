"""A network: timm's backbone, pooled, with the paper's head; its frozen part and its trained one.

The head of the published code is up-sampling 4 x 4, global average pooling, batch norm, dropout,
dense layers with batch norm and dropout, and a dense layer on the classes. Up-sampling before
global average pooling changes nothing but the memory needed, and is left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import timm
import torch
from torch import Tensor, nn

from hilum.errors import RecipeError, WeightsError
from hilum.known_networks import known_networks, nearest
from hilum.learn.weights import Weights
from hilum.recipe import Recipe

__all__ = [
    "Classifier",
    "build_network",
    "cam_layer",
    "count_parameters",
    "freeze",
    "load_backbone",
]

NORM_EPS, NORM_MOMENTUM = 1e-3, 0.01
"""Keras' batch norm, as in the published head; Keras' momentum 0.99 is torch's 0.01."""

WHOLE, HEAD_ONLY = "all", "head"
UNUSED = ("pre_logits", "head", "classifier", "fc", "AuxLogits", "last_linear")
"""timm's names for what follows the feature map: not part of ours."""


class Classifier(nn.Module):
    """Backbone, global average pooling, head.

    Input: (n, 1 or 3, size, size) float32, plain grey levels 0..255; they are scaled to the
    weights' own mean and std inside. Output: (n, classes) logits. `last_map` does nothing: it is
    the place where the last feature map can be looked at, whatever the backbone.
    """

    def __init__(self, backbone: nn.Module, head: nn.Module, mean: Any, std: Any) -> None:
        super().__init__()
        self.backbone = backbone
        self.head = head
        self.register_buffer("mean", torch.tensor(mean).view(1, 3, 1, 1) * 255, persistent=False)
        self.register_buffer("std", torch.tensor(std).view(1, 3, 1, 1) * 255, persistent=False)
        self.mean: Tensor
        self.std: Tensor
        self.last_map = nn.Identity()
        self.frozen: tuple[nn.Module, ...] = ()

    def features(self, grey: Tensor) -> Tensor:
        """Return the last feature map (n, channels, rows, columns) of grey levels 0..255."""
        scaled = (grey - self.mean) / self.std
        map_in_order = scaled.contiguous(memory_format=torch.channels_last)
        features: Tensor = self.last_map(
            self.backbone.forward_features(map_in_order)  # type: ignore[operator]
        )
        return features

    def forward(self, grey: Tensor) -> Tensor:
        """Return logits (n, classes) of grey levels (n, 1 or 3, size, size), 0..255."""
        logits: Tensor = self.head(self.features(grey).mean(dim=(2, 3)))
        return logits

    def train(self, mode: bool = True) -> Classifier:
        """Switch to training; the frozen part stays in inference mode (stored statistics)."""
        super().train(mode)
        for module in self.frozen:
            module.eval()
        return self


def build_network(
    recipe: Recipe, weights: Weights, *, classes: int, frozen_random: bool = False
) -> Classifier:
    """Return the network of a recipe, its backbone loaded and its frozen part frozen.

    With random weights (`weights.pretrained` false) the whole network is trained, whatever the
    recipe says: a frozen random part would only be noise.

    Args:
        recipe: what to build.
        weights: what its backbone starts from.
        classes: number of outputs.
        frozen_random: freeze as the recipe says all the same, because the real weights come
            later (a run that is loaded or resumed).

    Raises:
        RecipeError: `train_from` names no module of the backbone, or the backbone gives no map.
        WeightsError: the weights' tensors are not those of the backbone.
    """
    backbone = _backbone(recipe.timm_name)
    if weights.state is not None:
        load_backbone(backbone, weights.state, network=recipe.timm_name, origin=weights.origin)
    width = _width(backbone, recipe)
    head = _head(width, recipe.network.hidden, recipe.network.dropout, classes)
    network = Classifier(backbone, head, weights.mean, weights.std)
    freeze(network, recipe.network.train_from or WHOLE)
    if not (weights.pretrained or frozen_random):
        freeze(network, WHOLE)
    network.to(memory_format=torch.channels_last)
    return network


def _backbone(name: str) -> nn.Module:
    """Return timm's `name` with nothing after the last feature map."""
    backbone: nn.Module = timm.create_model(name, pretrained=False, num_classes=0)
    for unused in UNUSED:
        if isinstance(getattr(backbone, unused, None), nn.Module):
            setattr(backbone, unused, nn.Identity())
    return backbone


def load_backbone(
    backbone: nn.Module, state: dict[str, Tensor], *, network: str, origin: str
) -> None:
    """Load `state` into `backbone`; the tensors must be the same but for a classifier's.

    Raises:
        WeightsError: a tensor is missing, unknown or of another shape; the message names both.
    """
    own = backbone.state_dict()
    offered = {key: value for key, value in state.items() if key.split(".")[0] not in UNUSED}
    missing = sorted(own.keys() - offered.keys())
    unknown = sorted(offered.keys() - own.keys())
    other = [k for k in own.keys() & offered.keys() if own[k].shape != offered[k].shape]
    if missing or unknown or other:
        first = (missing or unknown or sorted(other))[0]
        problem = "lack" if missing else "hold another" if unknown else "have another shape of"
        raise WeightsError(
            f"the weights ({origin}) are not those of {network}: they {problem} {first!r} "
            f"({len(missing)} tensors missing, {len(unknown)} unknown, {len(other)} misshapen)."
        )
    backbone.load_state_dict(offered)


def _width(backbone: nn.Module, recipe: Recipe) -> int:
    """Return the channels of the last feature map, after checking that there is a map."""
    side = recipe.input.size
    was_training = backbone.training
    backbone.eval()
    with torch.no_grad(), torch.device("cpu"):
        features = backbone.forward_features(torch.zeros(1, 3, side, side))  # type: ignore[operator]
    backbone.train(was_training)
    if features.ndim != 4 or (features.shape[1] != backbone.num_features and not _is_vgg(backbone)):
        raise RecipeError(
            f"[network] backbone: {recipe.timm_name} gives no map of (channels, rows, columns) but "
            f"{tuple(features.shape[1:])}; hilum needs a convolutional network."
        )
    return int(features.shape[1])


def _is_vgg(backbone: nn.Module) -> bool:
    """timm's VGG counts its two dense layers as features; its map is narrower than it says."""
    return type(backbone).__name__ == "VGG"


def _head(
    width: int, hidden: tuple[int, ...], dropout: tuple[float, ...], classes: int
) -> nn.Sequential:
    """Return batch norm and dropout, then dense, ReLU, batch norm, dropout, ..., dense."""
    rates = dropout or (0.0,) * (len(hidden) + 1)
    layers: list[nn.Module] = [_norm(width), nn.Dropout(rates[0])]
    for units, rate in zip(hidden, rates[1:], strict=True):
        layers += [_dense(width, units), nn.ReLU()]
        layers += [_norm(units), nn.Dropout(rate)]
        width = units
    return nn.Sequential(*layers, _dense(width, classes))


def _norm(width: int) -> nn.BatchNorm1d:
    """Return batch norm as the published head has it."""
    return nn.BatchNorm1d(width, eps=NORM_EPS, momentum=NORM_MOMENTUM)


def _dense(width: int, units: int) -> nn.Linear:
    """Return a dense layer initialised as Keras does: Glorot uniform, no bias."""
    layer = nn.Linear(width, units)
    nn.init.xavier_uniform_(layer.weight)
    nn.init.zeros_(layer.bias)
    return layer


def freeze(network: Classifier, train_from: str) -> None:
    """Freeze all of the backbone that stands before the module `train_from`.

    Args:
        network: changed in place: `frozen` lists the frozen modules, whose parameters take no
            gradient and which stay in inference mode while training.
        train_from: timm path of the first trained module; "all" freezes nothing, "head" the
            whole backbone.

    Raises:
        RecipeError: there is no such module.
    """
    modules = [name for name, _ in network.backbone.named_modules() if name]
    if train_from not in (WHOLE, HEAD_ONLY, *modules):
        raise RecipeError(
            f"[network] train_from: the backbone has no module {train_from!r}."
            f"{nearest(train_from, modules)}"
        )
    frozen = list(_before(network.backbone, train_from)) if train_from != WHOLE else []
    for parameter in network.parameters():
        parameter.requires_grad_(True)
    for module in frozen:
        module.requires_grad_(False)
    network.frozen = tuple(frozen)


def _before(backbone: nn.Module, train_from: str) -> Iterator[nn.Module]:
    """Yield the modules that stand wholly before `train_from`.

    timm defines a backbone's modules in the order in which they run, which holds at the clean
    boundaries of networks.toml; a test checks it for each.
    """
    for name, module in backbone.named_modules():
        if name == train_from:
            return
        if name and not train_from.startswith(f"{name}."):
            yield module


def cam_layer(recipe: Recipe) -> str:
    """Return the timm path of the layer that Grad-CAM looks at; empty: the last feature map."""
    known = known_networks().get(recipe.network.backbone)
    return known.cam_layer if known else ""


def count_parameters(network: Classifier) -> tuple[int, int]:
    """Return all parameters and those that are trained, batch norm statistics not counted."""
    sizes = [(p.numel(), p.requires_grad) for p in network.parameters()]
    return sum(size for size, _ in sizes), sum(size for size, trained in sizes if trained)


def list_layers(network: Classifier) -> list[dict[str, str]]:
    """Return the backbone's modules in their order: `layer` (timm path), `kind`, `state`."""
    frozen = {id(module) for module in network.frozen}
    return [
        {
            "layer": name,
            "kind": type(module).__name__,
            "state": "frozen" if id(module) in frozen else "trained",
        }
        for name, module in network.backbone.named_modules()
        if name
    ]
