"""hilum train."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from hilum.cli.options import DEFAULT_RECIPE, Changes, WeightsPlace

__all__ = ["command"]


def command(
    table: Annotated[
        Path | None, typer.Argument(help="A slice table, split (see `hilum split`).")
    ] = None,
    recipe: Annotated[
        str | None,
        typer.Option(
            help="A built-in recipe (see `hilum recipes`) or a TOML file; without it mobilenetv2."
        ),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="The run folder to make.")] = None,
    weights: WeightsPlace = None,
    change: Changes = None,
    report: Annotated[
        bool, typer.Option("--report", help="Then evaluate, explain and report, in one go.")
    ] = False,
    folds: Annotated[
        int | None,
        typer.Option(
            min=2,
            help="Cross-validate: train so many times, testing on each group once; the table "
            "needs no split.",
        ),
    ] = None,
    leaky: Annotated[
        bool,
        typer.Option("--leaky", help="Train although groups are in more than one split."),
    ] = False,
    resume: Annotated[
        Path | None, typer.Option(help="Go on with the interrupted training in this run folder.")
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Replace a run folder that is there.")
    ] = False,
) -> None:
    """Fine-tune a network on a slice table.

    The best epoch by validation is kept: it is the one that is saved, evaluated and shown. With
    --folds each fold is a run in OUT/members, and OUT tells what all of them reach.
    """
    from hilum.cli.evaluate import print_figures
    from hilum.cli.show import progress_shown
    from hilum.errors import StorageError
    from hilum.processes import is_first_process
    from hilum.recipe import as_recipe
    from hilum.steps.finish import finish
    from hilum.steps.train import train
    from hilum.steps.train.cross_validate import cross_validate
    from hilum.steps.train.resume import resume as go_on

    if resume is not None and any((table, out, recipe, weights, change, folds, leaky, force)):
        raise typer.BadParameter("--resume RUN goes on as it began; only --report goes with it.")
    if folds and leaky:
        raise typer.BadParameter("--folds never parts a group; --leaky doesn't go with it.")
    folder = resume or out
    try:
        with progress_shown() as progress:
            if resume is not None:
                run = go_on(resume, progress=progress)
            elif table is None or out is None:
                raise typer.BadParameter("give a TABLE and --out RUN, or --resume RUN.")
            else:
                begin = (
                    partial(cross_validate, folds=folds) if folds else partial(train, leaky=leaky)
                )
                run = begin(
                    table,
                    as_recipe(recipe or DEFAULT_RECIPE, change or ()),
                    out=out,
                    weights=weights,
                    force=force,
                    progress=progress,
                )
            if report:
                finish(run, progress=progress)
        whole = run.kind == "cross-validation"
        if (report or whole) and is_first_process():
            print_figures(run.metrics())
    except (KeyboardInterrupt, StorageError):
        if folder is not None and _can_go_on(folder) and is_first_process():
            typer.echo(f"Go on with: hilum train --resume {folder}", err=True)
        raise
    if is_first_process():
        step = "report" if whole else "evaluate"
        typer.echo(f"{folder}/report.html" if report else f"Next: hilum {step} {folder}")


def _can_go_on(folder: Path) -> bool:
    """Whether a training was begun in `folder` and is not finished."""
    from hilum.run import Run

    run = Run(folder)
    return run.checkpoint.is_dir() or (run.recipe_file.is_file() and not run.finished)
