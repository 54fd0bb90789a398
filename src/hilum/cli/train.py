"""hilum train."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hilum.cli.options import DEFAULT_RECIPE, Changes, WeightsPlace

if TYPE_CHECKING:
    from hilum.progress import Progress
    from hilum.recipe import Recipe
    from hilum.run import Run
    from hilum.steps.train.dry_run import PlannedTraining
    from hilum.steps.train.options import TrainOptions
    from hilum.table import SliceTable

__all__ = ["command"]

MAP_PASSES = 3
"""Forward passes that a map takes as long as: one, and one backward pass of twice its time."""


def command(
    table: Annotated[
        Path | None, typer.Argument(help="A slice table, split (see `hilum split`).")
    ] = None,
    recipe: Annotated[
        str | None,
        typer.Option(
            help="A built-in recipe (see `hilum recipes`) or a TOML file; default: mobilenetv2."
        ),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="The run folder to create.")] = None,
    weights: WeightsPlace = None,
    change: Changes = None,
    report: Annotated[
        bool, typer.Option("--report", help="Then also evaluate, explain and report.")
    ] = False,
    folds: Annotated[
        int | None,
        typer.Option(
            min=2,
            help="Cross-validate with this many folds, testing on each group once; the table "
            "needs no split.",
        ),
    ] = None,
    seeds: Annotated[
        int | None,
        typer.Option(
            min=2,
            help="Train this many times with different seeds, and show how far the test metrics "
            "spread.",
        ),
    ] = None,
    leave_out: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN",
            help="Cross-validate with a fold for each value of a column, such as source: tested "
            "by a network that saw none of it.",
        ),
    ] = None,
    leaky: Annotated[
        bool,
        typer.Option("--leaky", help="Train although groups are in more than one split."),
    ] = False,
    resume: Annotated[
        Path | None, typer.Option(help="Resume the interrupted training in this run folder.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing run folder.")] = False,
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

    The network of the best epoch by validation is saved. With --folds or --leave-out each fold,
    with --seeds each training is a run in OUT/members, and OUT has the results over all of them.
    """
    from hilum.cli.show import progress_shown
    from hilum.processes import is_first_process
    from hilum.recipe import as_recipe
    from hilum.steps.train.checks import check_training
    from hilum.steps.train.options import TrainOptions

    fresh = any((table, out, recipe, weights, change, folds, seeds, leave_out, leaky, force))
    _check_resume(resume, fresh=fresh, dry_run=dry_run, report=report)
    _check_folds(folds, leave_out, seeds=seeds, leaky=leaky)
    folder = resume or out
    if folder is None or (resume is None and table is None):
        raise typer.BadParameter("give a TABLE and --out RUN, or --resume RUN.")
    options = TrainOptions(weights, leaky, force)
    run, plan = None, None
    with progress_shown() as progress:
        if table is None:
            run = _train(folder, partial(_resume, folder), tracker, report, progress)
        else:
            settings = as_recipe(recipe or DEFAULT_RECIPE, change or ())
            checked = check_training(
                table, settings, out=folder, leaky=leaky, force=force,
                split=not (folds or leave_out),
            )  # fmt: skip
            job = _Job(*checked, folder, options, leave_out or folds, seeds)
            if dry_run:
                plan = _plan(job, tracker, progress)
            else:
                run = _train(folder, partial(_start, job, report), tracker, report, progress)
    if is_first_process():
        if plan:
            _print_plan(plan, folder)
        if run:
            _print_result(run, folder, report=report)


def _check_resume(resume: Path | None, *, fresh: bool, dry_run: bool, report: bool) -> None:
    """Refuse what can't be combined with --resume or --dry-run; `fresh`: settings are given."""
    if resume is not None and fresh:
        raise typer.BadParameter(
            "--resume RUN keeps the settings that RUN started with; it can only be combined with "
            "--report and --tracker."
        )
    if dry_run and (resume is not None or report):
        raise typer.BadParameter("--dry-run can't be combined with --report or --resume.")


def _check_folds(
    folds: int | None, leave_out: str | None, *, seeds: int | None, leaky: bool
) -> None:
    """Refuse what can't be combined with folds."""
    if folds and (leaky or seeds):
        raise typer.BadParameter(
            "--folds never divides a group, and trains each fold once; it can't be combined with "
            "--leaky or --seeds."
        )
    if leave_out and (leaky or seeds or folds):
        raise typer.BadParameter(
            "--leave-out trains once for each value of a column and never divides a group; it "
            "can't be combined with --folds, --seeds or --leaky."
        )


@dataclass(frozen=True)
class _Job:
    """What the options describe: table and recipe, checked, and how often it is trained."""

    table: SliceTable
    recipe: Recipe
    out: Path
    options: TrainOptions
    folds: int | str | None
    seeds: int | None


def _train(
    folder: Path,
    work: Callable[[Progress], Run],
    tracker: str | None,
    report: bool,
    progress: Progress,
) -> Run:
    """Return the run of a training, reported where that is chosen; say how to resume it."""
    from hilum.cli.show import resume_hint
    from hilum.learn.trackers.tracked import tracked
    from hilum.steps.finish import finish

    with tracked(tracker), resume_hint(folder):
        run = work(progress)
        if report:
            finish(run, progress=progress)
    return run


def _resume(folder: Path, progress: Progress) -> Run:
    from hilum.steps.train.resume import resume

    return resume(folder, progress=progress)


def _start(job: _Job, report: bool, progress: Progress) -> Run:
    """Train once, for each fold, or from several seeds."""
    from hilum.progress import FollowedBy
    from hilum.steps.train.cross_validate import cross_validate
    from hilum.steps.train.repeat_training import repeat_training
    from hilum.steps.train.step import train

    options = job.options
    if job.folds:
        return cross_validate(
            job.table, job.recipe, folds=job.folds, out=job.out, weights=options.weights,
            force=options.force, progress=progress,
        )  # fmt: skip
    if job.seeds:
        return repeat_training(
            job.table, job.recipe, seeds=job.seeds, out=job.out, options=options, progress=progress
        )
    if report:
        tested = (job.table.rows["split"] == "test").sum()
        progress = FollowedBy(progress, len(job.table) + MAP_PASSES * int(tested))
    return train(job.table, job.recipe, out=job.out, **asdict(options), progress=progress)


def _plan(job: _Job, tracker: str | None, progress: Progress) -> PlannedTraining:
    """Return what a training would do."""
    from hilum.learn.trackers.tracked import tracked
    from hilum.steps.train.dry_run import plan_folds, plan_training

    with tracked(tracker):
        if job.folds:
            return plan_folds(
                job.table, job.recipe, folds=job.folds, out=job.out, options=job.options,
                progress=progress,
            )  # fmt: skip
        plan = plan_training(
            job.table, job.recipe, out=job.out, **asdict(job.options), progress=progress
        )
    return plan.times(job.seeds or 1)


def _print_plan(plan: PlannedTraining, folder: Path) -> None:
    """Print what a training would do."""
    for line in (*plan.lines(), f"Nothing was trained; {folder} was left alone."):
        typer.echo(line)


def _print_result(run: Run, folder: Path, *, report: bool) -> None:
    """Print what a finished training reached, and what comes next."""
    from hilum.cli.evaluate_metrics import print_figures
    from hilum.cli.show import next_step

    evaluated = run.kind != "network"
    if report or evaluated:
        print_figures(run.metrics())
    step = "report" if evaluated else "evaluate"
    typer.echo(f"{folder}/report.html" if report else next_step(step, folder))
