"""Folders of random numbers in the form of weights, where the real ones are not at hand.

A network that begins from them is frozen at its recipe's cut and costs exactly what it would cost
from ImageNet weights. What it learns tells nothing of what it would learn from those.
"""

from __future__ import annotations

import json
from pathlib import Path

import timm
import torch
from safetensors.torch import save_file

from hilum.catalogue.networks import known_networks
from hilum.errors import WeightsError
from hilum.learn.weights import find_weights

__all__ = ["weights_or_stand_in"]


def weights_or_stand_in(name: str, weights: Path | None, folder: Path) -> tuple[Path, str]:
    """Return a folder of weights for a network of hilum's list, and what to call them in a table.

    Args:
        name: as in `hilum networks`.
        weights: a folder of timm local-dir models, or None.
        folder: where stand-ins are written.
    """
    network = known_networks()[name].timm
    if weights is not None:
        try:
            find_weights(network, weights)
        except WeightsError:
            pass
        else:
            return weights, "ImageNet"
    model = folder / network
    if not model.is_dir():
        torch.manual_seed(0)
        made = timm.create_model(network, pretrained=False, num_classes=0)
        model.mkdir(parents=True)
        save_file(made.state_dict(), model / "model.safetensors")
        content = {"architecture": network, "num_classes": 0, "pretrained_cfg": {
            key: made.pretrained_cfg[key] for key in ("input_size", "mean", "std")}}  # fmt: skip
        (model / "config.json").write_text(json.dumps(content), encoding="utf-8")
    return folder, "stand-in"
