"""A network: timm's backbone, global average pooling and the paper's head, partly frozen.

The head of the published code is up-sampling 4 x 4, global average pooling, batch norm, dropout,
dense layers with batch norm and dropout, and a dense layer on the classes. Up-sampling before
global average pooling changes only the memory needed, and is left out.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from hilum.catalogue.networks import known_networks
from hilum.errors import WeightsError
from hilum.learn.backbone import MapLayout, is_dropped, make_backbone
from hilum.learn.freeze_point import (
    BATCH_NORMS,
    PAPER_SHARE,
    WHOLE,
    choose_freeze_point,
    frozen_modules,
    frozen_parameters,
    set_batchnorm,
)
from hilum.learn.robust.finer_map import FinerMap, Tap, find_finer_maps
from hilum.learn.robust.map_head import MapHead
from hilum.learn.weights import Weights
from hilum.recipe import Recipe

__all__ = [
    "Classifier",
    "build_network",
    "cam_layer",
    "count_parameters",
    "fill_network",
    "freeze",
    "freeze_point_near",
    "input_size",
    "load_backbone",
]

NORM_EPS, NORM_MOMENTUM = 1e-3, 0.01
"""Keras' batch norm, as in the published head; Keras' momentum 0.99 is torch's 0.01."""

SCALINGS = {
    "zero-one": ((0.0,) * 3, (1.0,) * 3),
    "minus-one-one": ((0.5,) * 3, (0.5,) * 3),
    "train-mean": ((0.0,) * 3, (1 / 255,) * 3),
}
"""Mean and std of grey levels 0..1 for scalings that are not the weights' own; the training mean
is set when the slices are known."""


class Classifier(nn.Module):
    """Backbone, global average pooling, head; or a head that scores the cells of a map.

    Input: (n, 1 or 3, size, size) float32, plain grey levels 0..255; they are scaled inside by the
    weights' mean and std. Output: (n, classes) logits. `last_map` is an identity: a hook there gets
    the last feature map of any backbone. `train_from` is the freeze point. With a `MapHead`
    the last feature map is the joined one.
    """

    def __init__(
        self,
        backbone: nn.Module,
        head: nn.Module,
        scaling: tuple[Sequence[float], Sequence[float]],
        layout: MapLayout,
        finer: Sequence[FinerMap] = (),
    ) -> None:
        super().__init__()
        self.backbone = backbone
        self.head = head
        self.layout = layout
        self.train_from = WHOLE
        self.register_buffer("mean", None, persistent=False)
        self.register_buffer("std", None, persistent=False)
        self.mean: Tensor
        self.std: Tensor
        self.scale(*scaling)
        self.last_map = nn.Identity()
        self.frozen: tuple[nn.Module, ...] = ()
        self.batch_statistics = False
        self.finer = [(one.layout, Tap()) for one in finer]
        for one, (_, tap) in zip(finer, self.finer, strict=True):
            backbone.get_submodule(one.path).register_forward_hook(tap)

    def features(self, grey: Tensor) -> Tensor:
        """Return the map (n, channels, rows, columns) that the head gets, of grey levels 0..255."""
        scaled = (grey - self.mean) / self.std
        map_in_order = scaled.contiguous(memory_format=torch.channels_last)
        given = self.backbone.forward_features(map_in_order)  # type: ignore[operator]
        last = self.layout.as_map(given)
        if isinstance(self.head, MapHead):
            last = self.head.join([last, *(own.as_map(tap.take()) for own, tap in self.finer)])
        features: Tensor = self.last_map(last)
        return features

    def forward(self, grey: Tensor) -> Tensor:
        """Return logits (n, classes) of grey levels (n, 1 or 3, size, size), 0..255."""
        features = self.features(grey)
        if not isinstance(self.head, MapHead):
            features = features.mean(dim=(2, 3))
        logits: Tensor = self.head(features)
        return logits

    def train(self, mode: bool = True) -> Classifier:
        """Switch to training mode; frozen modules stay in inference mode.

        With `batch_statistics` their batch norm does not: it normalises by the batch.
        """
        super().train(mode)
        for module in self.frozen:
            if not (self.batch_statistics and isinstance(module, BATCH_NORMS)):
                module.training = False
        return self

    def scale(self, mean: Sequence[float], std: Sequence[float]) -> None:
        """Set the mean and std (three channels each, of grey levels 0..1) that inputs get."""
        self.scaling = (tuple(mean), tuple(std))
        self.mean = torch.tensor(mean).view(1, 3, 1, 1) * 255
        self.std = torch.tensor(std).view(1, 3, 1, 1) * 255


def build_network(
    recipe: Recipe, weights: Weights, *, classes: int, frozen_random: bool = False
) -> Classifier:
    """Return the network of a recipe, its weights loaded and its frozen part frozen.

    With random weights (`weights.pretrained` false) the complete network is trained, whatever the
    recipe: a frozen random part would only be noise.

    Args:
        recipe: what to build.
        weights: the initial weights of its backbone.
        classes: number of outputs.
        frozen_random: freeze by the recipe nevertheless, because the weights are loaded later (a
            run that is loaded or resumed).

    Raises:
        RecipeError: `train_from` names no module of the backbone, or the backbone gives no map.
        WeightsError: the weights' tensors are not those of the backbone.
    """
    size, settings = input_size(recipe, weights), recipe.network
    backbone, layout = make_backbone(recipe.timm_name, size)
    if weights.state is not None:
        load_backbone(backbone, weights.state, network=recipe.timm_name, origin=weights.origin)
    mapped = settings.head == "map"
    finer = find_finer_maps(backbone, size) if mapped else []
    head = (
        _map_head(recipe, finer, layout, classes)
        if mapped
        else _head(layout.channels, settings.hidden, settings.dropout, classes)
    )
    scaling = SCALINGS.get(recipe.input.scaling, (weights.mean, weights.std))
    network = Classifier(backbone, head, scaling, layout, finer)
    set_batchnorm(backbone, momentum=settings.batchnorm_momentum, eps=settings.batchnorm_eps)
    cut = settings.train_from or WHOLE
    frozen_modules(backbone, cut, settings.also_train)  # a wrong cut is refused with any weights
    if weights.pretrained or frozen_random:
        cut = settings.train_from or choose_freeze_point(backbone, size=size)
        batch = settings.frozen_batchnorm == "batch"
        freeze(network, cut, also_train=settings.also_train, batch_statistics=batch)
    else:
        freeze(network, WHOLE)
    if all(parameter.ndim <= 4 for parameter in network.parameters()):
        network.to(memory_format=torch.channels_last)  # torch refuses kernels of three dimensions
    return network


def input_size(recipe: Recipe, weights: Weights) -> int:
    """Return the side of the square input, pixels: the recipe's or the weights'."""
    return recipe.input.size or weights.size


def fill_network(recipe: Recipe, weights: Weights, network: Classifier) -> Recipe:
    """Return the recipe of a built network, completed with its input size and freeze point.

    Where no frozen part can run once, there is no need for a fixed set of views: `views` is then 0.
    """
    also = recipe.network.also_train if weights.pretrained else ()
    content = {"train_from": network.train_from, "also_train": also}
    pure = network.frozen and not network.batch_statistics
    views = {"views": recipe.training.views if pure else 0}
    return recipe.model_copy(
        update={
            "training": recipe.training.model_copy(update=views),
            "network": recipe.network.model_copy(update=content),
            "input": recipe.input.model_copy(update={"size": input_size(recipe, weights)}),
        }
    )


def freeze_point_near(recipe: Recipe, weights: Weights, *, share: float = PAPER_SHARE) -> str:
    """Return the clean freeze point of the recipe's network nearest to `share` of its layers.

    See `hilum.learn.freeze_point.choose_freeze_point`; only the weights' input size matters.
    """
    size = input_size(recipe, weights)
    return choose_freeze_point(make_backbone(recipe.timm_name, size)[0], size=size, share=share)


def load_backbone(
    backbone: nn.Module, state: dict[str, Tensor], *, network: str, origin: str
) -> None:
    """Load `state` into `backbone`; the tensors must be the same but for a classifier's.

    Otherwise they go through timm's own conversion for this network, if it has one, which knows
    older names and resizes position embeddings.

    Raises:
        WeightsError: a tensor is missing, unknown or of another shape; the message names both.
    """
    offered = _of_features(backbone, state)
    if _differ(backbone.state_dict(), offered):
        offered = _of_features(backbone, _converted(backbone, state))
    if wrong := _differ(backbone.state_dict(), offered):
        raise WeightsError(f"the weights ({origin}) are not those of {network}: {wrong}.")
    backbone.load_state_dict(offered)


def _of_features(backbone: nn.Module, state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return the tensors without a classifier's."""
    return {key: value for key, value in state.items() if not is_dropped(backbone, key)}


def _differ(own: dict[str, Tensor], offered: dict[str, Tensor]) -> str:
    """Describe how `offered` differs from a backbone's `own` tensors; empty where it doesn't."""
    missing = sorted(own.keys() - offered.keys())
    unknown = sorted(offered.keys() - own.keys())
    other = sorted(k for k in own.keys() & offered.keys() if own[k].shape != offered[k].shape)
    if not (missing or unknown or other):
        return ""
    problem = "lack" if missing else "hold another" if unknown else "have another shape of"
    return (
        f"they {problem} {(missing or unknown or other)[0]!r} ({len(missing)} tensors missing, "
        f"{len(unknown)} unknown, {len(other)} misshapen)"
    )


def _converted(backbone: nn.Module, state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return `state` as timm converts it for this kind of network, or unchanged."""
    convert: Any = getattr(sys.modules[type(backbone).__module__], "checkpoint_filter_fn", None)
    if convert is None:
        return state
    try:
        return dict(convert(dict(state), backbone))
    except (AttributeError, IndexError, KeyError, RuntimeError, TypeError, ValueError):
        return state  # the message is about the tensors as given


def _map_head(
    recipe: Recipe, finer: Sequence[FinerMap], layout: MapLayout, classes: int
) -> MapHead:
    """Return a head that scores the cells of a map."""
    names, healthy = recipe.classes.names, recipe.classes.healthy
    index = names.index(healthy) if healthy in names else None
    channels = [layout.channels, *(one.channels for one in finer)]
    return MapHead(channels, classes=classes, healthy=index)


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


def freeze(
    network: Classifier,
    train_from: str,
    *,
    also_train: tuple[str, ...] = (),
    batch_statistics: bool = False,
) -> None:
    """Freeze the backbone before the module `train_from`.

    Args:
        network: changed in place: `frozen` lists the frozen modules, whose parameters get no
            gradient and which stay in inference mode during training.
        train_from, also_train: see `hilum.learn.freeze_point.frozen_modules`.
        batch_statistics: frozen batch norm uses batch statistics during training; its stored ones
            are not updated.

    Raises:
        RecipeError: there is no such module.
    """
    frozen = frozen_modules(network.backbone, train_from, also_train)
    for parameter in network.parameters():
        parameter.requires_grad_(True)
    for parameter in frozen_parameters(network.backbone, train_from, also_train):
        parameter.requires_grad_(False)
    for module in frozen:
        if batch_statistics and isinstance(module, BATCH_NORMS):
            module.momentum = 0.0  # the running statistics stay as they are
    network.frozen = frozen
    network.train_from = train_from
    network.batch_statistics = batch_statistics


def cam_layer(recipe: Recipe) -> str:
    """Return the timm path of Grad-CAM's layer; empty: the map that the head gets."""
    if recipe.network.head == "map":
        return ""
    known = known_networks().get(recipe.network.backbone)
    return known.cam_layer if known else ""


def count_parameters(network: Classifier) -> tuple[int, int]:
    """Return the numbers of all parameters and of trained ones, without batch norm statistics."""
    sizes = [(p.numel(), p.requires_grad) for p in network.parameters()]
    return sum(size for size, _ in sizes), sum(size for size, trained in sizes if trained)
