"""hilum random-labels."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from hilum.cli.options import DEFAULT_RECIPE, Changes, RecipeName, WeightsPlace

__all__ = ["command"]


class SplitUnit(StrEnum):
    """What the split deals out."""

    group = "group"
    image = "image"


def command(
    table: Annotated[Path, typer.Argument(help="A slice table; its splits have no say.")],
    out: Annotated[Path, typer.Option(help="The run folder to make; it is marked.")],
    recipe: RecipeName = DEFAULT_RECIPE,
    weights: WeightsPlace = None,
    by: Annotated[
        SplitUnit, typer.Option(help="image: split single slices, to see what such a leak gives.")
    ] = SplitUnit.group,
    seed: Annotated[
        int | None,
        typer.Option(min=0, help="Of labels, split and training; without it the recipe's."),
    ] = None,
    change: Changes = None,
    force: Annotated[
        bool, typer.Option("--force", help="Replace a run folder that is there.")
    ] = False,
) -> None:
    """Train on random labels, which must fail.

    Every group gets a label drawn by chance, so that nothing can be learnt but which group a slice
    is of. Split by group, a test AUC whose interval misses 0.5 says that something leaks: exit
    code 1. With --by image the leak is meant, and its size is shown: exit code 0.
    """
    from hilum.cli.evaluate import print_auc
    from hilum.cli.show import progress_shown, resume_hint
    from hilum.processes import is_first_process
    from hilum.recipe import as_recipe
    from hilum.steps.train.random_labels import random_labels

    changes = [*(change or ()), *([] if seed is None else [f"training.seed={seed}"])]
    with resume_hint(out, "--report"), progress_shown() as progress:
        done = random_labels(
            table, as_recipe(recipe, changes), out=out, by=by.value, weights=weights, force=force,
            progress=progress,
        )  # fmt: skip
    if is_first_process():
        print_auc(done.metrics)
        typer.echo(done.sentence)
    if done.leaks:
        raise typer.Exit(1)
