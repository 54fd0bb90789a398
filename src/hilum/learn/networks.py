"""A network: timm's backbone, pooled, with the paper's head; its frozen part and its trained one.

The head of the published code is up-sampling 4 x 4, global average pooling, batch norm, dropout,
dense layers with batch norm and dropout, and a dense layer on the classes. Up-sampling before
global average pooling changes nothing but the memory needed, and is left out.
"""

from __future__ import annotations

from collections.abc import Sequence

import timm
import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from hilum.errors import RecipeError, WeightsError
from hilum.known_networks import known_networks
from hilum.learn.cut import WHOLE, frozen_modules, set_batchnorm
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

SCALINGS = {
    "zero-one": ((0.0,) * 3, (1.0,) * 3),
    "minus-one-one": ((0.5,) * 3, (0.5,) * 3),
    "train-mean": ((0.0,) * 3, (1 / 255,) * 3),
}
"""Mean and std of grey levels 0..1 for scalings that are not the weights' own; the training mean
is set when the slices are known."""
UNUSED = ("pre_logits", "head", "classifier", "fc", "AuxLogits", "last_linear")
"""timm's names for what follows the feature map: not part of ours."""


class Classifier(nn.Module):
    """Backbone, global average pooling, head.

    Input: (n, 1 or 3, size, size) float32, plain grey levels 0..255; they are scaled to the
    weights' own mean and std inside. Output: (n, classes) logits. `last_map` does nothing: it is
    the place where the last feature map can be looked at, whatever the backbone.
    """

    def __init__(
        self, backbone: nn.Module, head: nn.Module, mean: Sequence[float], std: Sequence[float]
    ) -> None:
        super().__init__()
        self.backbone = backbone
        self.head = head
        self.register_buffer("mean", None, persistent=False)
        self.register_buffer("std", None, persistent=False)
        self.mean: Tensor
        self.std: Tensor
        self.scale(mean, std)
        self.last_map = nn.Identity()
        self.frozen: tuple[nn.Module, ...] = ()
        self.batch_statistics = False

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
        """Switch to training; the frozen part stays in inference mode.

        With `batch_statistics` its batch norm does not: it normalises by the batch.
        """
        super().train(mode)
        for module in self.frozen:
            if not (self.batch_statistics and isinstance(module, _BatchNorm)):
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
    network = Classifier(
        backbone, head, *SCALINGS.get(recipe.input.scaling, (weights.mean, weights.std))
    )
    settings = recipe.network
    set_batchnorm(backbone, momentum=settings.batchnorm_momentum, eps=settings.batchnorm_eps)
    cut = settings.train_from or WHOLE
    frozen_modules(backbone, cut, settings.also_train)  # a wrong cut is refused with any weights
    if weights.pretrained or frozen_random:
        batch = settings.frozen_batchnorm == "batch"
        freeze(network, cut, also_train=settings.also_train, batch_statistics=batch)
    else:
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


def freeze(
    network: Classifier,
    train_from: str,
    *,
    also_train: tuple[str, ...] = (),
    batch_statistics: bool = False,
) -> None:
    """Freeze all of the backbone that stands before the module `train_from`.

    Args:
        network: changed in place: `frozen` lists the frozen modules, whose parameters take no
            gradient and which stay in inference mode while training.
        train_from, also_train: see `hilum.learn.cut.frozen_modules`.
        batch_statistics: let frozen batch norm use the batch's statistics while training, its
            stored ones left as they are.

    Raises:
        RecipeError: there is no such module.
    """
    frozen = frozen_modules(network.backbone, train_from, also_train)
    for parameter in network.parameters():
        parameter.requires_grad_(True)
    for module in frozen:
        module.requires_grad_(False)
        if batch_statistics and isinstance(module, _BatchNorm):
            module.momentum = 0.0  # the running statistics stay as they are
    network.frozen = frozen
    network.batch_statistics = batch_statistics


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
