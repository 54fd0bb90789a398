"""hilum train."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hilum.cli.options import DEFAULT_RECIPE, Changes, WeightsPlace

if TYPE_CHECKING:
    from hilum.recipe import Recipe
    from hilum.run import Run

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
    tracker: Annotated[
        str | None,
        typer.Option(
            metavar="tensorboard|mlflow|wandb",
            help="Also log each epoch with this tracker, into RUN/tracker; it stays on this "
            "machine unless the tracker's own variables say otherwise.",
        ),
    ] = None,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run",
            help="Check everything, measure a few steps, print what would be trained, how long and "
            "in how much memory; make no run folder.",
        ),
    ] = False,
) -> None:
    """Fine-tune a network on a slice table.

    The best epoch by validation is kept: it is the one that is saved, evaluated and shown. With
    --folds each fold is a run in OUT/members, and OUT tells what all of them reach.
    """
    from hilum.cli.show import progress_shown, resume_hint
    from hilum.learn.trackers.tracked import tracked
    from hilum.recipe import as_recipe
    from hilum.steps.finish import finish
    from hilum.steps.train import train
    from hilum.steps.train.cross_validate import cross_validate
    from hilum.steps.train.resume import resume as resume_training

    if resume is not None and any((table, out, recipe, weights, change, folds, leaky, force)):
        raise typer.BadParameter("--resume RUN goes on as it began; only --report goes with it.")
    if folds and leaky:
        raise typer.BadParameter("--folds never parts a group; --leaky doesn't go with it.")
    if dry_run and (resume is not None or folds or report):
        raise typer.BadParameter("--dry-run goes with none of --folds, --report and --resume.")
    folder = resume or out
    if folder is None or (resume is None and table is None):
        raise typer.BadParameter("give a TABLE and --out RUN, or --resume RUN.")
    if dry_run and table is not None:
        with tracked(tracker):
            _print_plan(
                table, as_recipe(recipe or DEFAULT_RECIPE, change or ()), leaky=leaky, out=folder,
                weights=weights, force=force,
            )  # fmt: skip
        return
    with tracked(tracker), resume_hint(folder), progress_shown() as progress:
        if table is None:
            run = resume_training(folder, progress=progress)
        elif folds:
            run = cross_validate(
                table, as_recipe(recipe or DEFAULT_RECIPE, change or ()), folds=folds, out=folder,
                weights=weights, force=force, progress=progress,
            )  # fmt: skip
        else:
            run = train(
                table, as_recipe(recipe or DEFAULT_RECIPE, change or ()), leaky=leaky, out=folder,
                weights=weights, force=force, progress=progress,
            )  # fmt: skip
        if report:
            finish(run, progress=progress)
    _print_result(run, folder, report=report)


def _print_plan(
    table: Path, recipe: Recipe, *, out: Path, weights: str | None, leaky: bool, force: bool
) -> None:
    """Print what a training would do; in the first process alone."""
    from hilum.cli.show import progress_shown
    from hilum.processes import is_first_process
    from hilum.steps.train.dry_run import plan_training

    with progress_shown() as progress:
        plan = plan_training(
            table, recipe, out=out, weights=weights, leaky=leaky, force=force, progress=progress
        )
    if is_first_process():
        for line in (*plan.lines(), f"Nothing was trained; {out} was left alone."):
            typer.echo(line)


def _print_result(run: Run, folder: Path, *, report: bool) -> None:
    """Print what a finished training reached, and what comes next; in the first process alone."""
    from hilum.cli.evaluate import print_figures
    from hilum.cli.show import next_step
    from hilum.processes import is_first_process

    if not is_first_process():
        return
    cross_validated = run.kind == "cross-validation"
    if report or cross_validated:
        print_figures(run.metrics())
    step = "report" if cross_validated else "evaluate"
    typer.echo(f"{folder}/report.html" if report else next_step(step, folder))
