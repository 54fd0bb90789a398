"""Options shared by several commands, with the same help texts."""

from __future__ import annotations

from typing import Annotated

import typer

__all__ = ["DEFAULT_RECIPE", "Changes", "EngineName", "RecipeName", "WeightsPlace"]

DEFAULT_RECIPE = "mobilenetv2"

RecipeName = Annotated[
    str, typer.Option(help="A built-in recipe (see `hilum recipes`) or a TOML file.")
]
WeightsPlace = Annotated[
    str | None,
    typer.Option(
        help="Folder of timm local-dir models, or `none` for random weights; default: "
        "HILUM_WEIGHTS, else timm's download."
    ),
]
EngineName = Annotated[
    str,
    typer.Option(
        metavar="auto|onnx|torch|compiled",
        help="Inference engine; auto: torch on a GPU, else onnxruntime if the run has "
        "network.onnx, else torch.",
    ),
]
Changes = Annotated[
    list[str] | None,
    typer.Option("--set", help="Change a setting of the recipe: training.epochs=3."),
]
