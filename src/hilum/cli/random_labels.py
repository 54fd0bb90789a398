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
    table: Annotated[Path, typer.Argument(help="A slice table; its column split is ignored.")],
    out: Annotated[
        Path, typer.Option(help="The run folder to create; it is marked as random labels.")
    ],
    recipe: RecipeName = DEFAULT_RECIPE,
    weights: WeightsPlace = None,
    by: Annotated[
        SplitUnit,
        typer.Option(help="image: split single slices, to measure the effect of such a leak."),
    ] = SplitUnit.group,
    seed: Annotated[
        int | None,
        typer.Option(min=0, help="Seed of labels, split and training; default: the recipe's."),
    ] = None,
    change: Changes = None,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing run folder.")] = False,
) -> None:
    """Train on random labels, which must not succeed.

    Every group gets a random label, so that only the identity of groups can be learnt. With a split
    by group, a test AUC whose interval excludes 0.5 reveals a leak: exit code 1. With --by image
    the leak is intended and its size is shown: exit code 0.
    """
    from hilum.cli.evaluate_metrics import print_auc
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
