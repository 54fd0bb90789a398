"""hilum explain."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["command"]


def command(
    run: Annotated[Path, typer.Argument(help="A run folder.")],
    split: Annotated[str, typer.Option(help="Which slices: train, validation or test.")] = "test",
    target: Annotated[
        str, typer.Option(help="The class that the maps are for, or `predicted`.")
    ] = "predicted",
) -> None:
    """Make Grad-CAM maps of a run's slices.

    Writes the raw maps of all slices of a split, and pictures of sure, unsure and wrong ones.
    """
    from hilum.cli.show import progress_shown
    from hilum.steps.explain import explain

    with progress_shown() as progress:
        folder = explain(run, split=split, target=target, progress=progress)
    typer.echo(f"{folder}: raw maps (NPZ), index.csv, pictures. Next: hilum report {run}")
