"""The networks that hilum knows by name, read from networks.toml; no torch needed."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import NamedTuple

__all__ = ["WEIGHTS_VARIABLE", "KnownNetwork", "known_networks"]

WEIGHTS_VARIABLE = "HILUM_WEIGHTS"
"""Environment variable that names a folder of weights; known here, where no torch is needed."""


class KnownNetwork(NamedTuple):
    """One row of networks.toml, where each field is explained."""

    name: str
    title: str
    timm: str
    size: int
    train_from: str
    cam_layer: str
    hidden: tuple[int, ...]
    dropout: tuple[float, ...]
    backbone_parameters: int
    keras_parameters: int
    paper: dict[str, float]


@cache
def known_networks() -> dict[str, KnownNetwork]:
    """Return name -> network, in the paper's order."""
    text = resources.files("hilum.catalogue").joinpath("networks.toml").read_text(encoding="utf-8")
    return {
        name: KnownNetwork(
            name=name, **{**row, "hidden": tuple(row["hidden"]), "dropout": tuple(row["dropout"])}
        )
        for name, row in tomllib.loads(text).items()
    }
