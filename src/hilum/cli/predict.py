"""hilum predict."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hilum.cli.options import EngineName

if TYPE_CHECKING:
    from hilum.steps.predict.write import How, Written

__all__ = ["command"]


class Format(StrEnum):
    """How predictions are written."""

    csv = "csv"
    json = "json"


def command(
    run: Annotated[Path, typer.Argument(help="A run folder, or a file of `hilum export`.")],
    paths: Annotated[
        list[Path],
        typer.Argument(metavar="PATH...", help="Slices, folders, or slice tables (.csv)."),
    ],
    out: Annotated[Path | None, typer.Option(help="A file to write; else stdout.")] = None,
    form: Annotated[Format, typer.Option("--format", help="csv, or a JSON array.")] = Format.csv,
    window: Annotated[
        str | None,
        typer.Option(
            help="For Hounsfield units: lung, mediastinal, or width/center; without it the one "
            "that the network was trained on, else lung."
        ),
    ] = None,
    threshold: Annotated[
        str | None,
        typer.Option(
            metavar="NAME|NUMBER",
            help="Call the positive class from this probability on: youden, sensitivity-0.95, "
            "sensitivity-1.00 (as chosen on validation), or a number; without it the most "
            "probable class is called.",
        ),
    ] = None,
    engine: EngineName = "auto",
    force: Annotated[bool, typer.Option("--force", help="Replace OUT.")] = False,
) -> None:
    """Say what the network calls each slice.

    Files that are no slices are refused by name, and the rest go on; the exit code is then 1.
    With --out, the same command goes on where it was stopped, and several processes (accelerate
    launch, torchrun) share the files.
    """
    from hilum.errors import UsageError
    from hilum.processes import rank_and_count
    from hilum.readers import parse_window
    from hilum.steps.predict.write import How

    asked = parse_window(window) if window is not None else None
    how = How(asked, threshold, engine)
    if out is not None:
        told = _write(run, paths, out, form, how, force)
    elif rank_and_count()[1] > 1:
        raise UsageError("several processes need --out FILE, in a folder that they share.")
    else:
        told = _print(run, paths, form, how)
    if told is None:
        return
    for remark in told.remarks:
        typer.echo(remark, err=True)
    if told.called:
        counted = ", ".join(f"{n} {name}" for name, n in sorted(told.called.items()))
        typer.echo(f"{sum(told.called.values())} slices called: {counted}", err=True)
    if told.passed_over:
        others = ", ".join(f"{n} {suffix}" for suffix, n in sorted(told.passed_over.items()))
        typer.echo(f"passed over, not slices by their content: {others}", err=True)
    if told.refused:
        typer.echo(f"{told.refused} files refused; see above.", err=True)
        raise typer.Exit(1)


def _write(
    run: Path, paths: list[Path], out: Path, form: Format, how: How, force: bool
) -> Written | None:
    """Predict into a file; a process that is not the first one says itself what stops it."""
    from hilum.cli.show import progress_shown
    from hilum.errors import HilumError
    from hilum.processes import rank_and_count
    from hilum.steps.predict.write import write_predictions

    try:
        with progress_shown() as progress:
            return write_predictions(
                run, paths, out=out, form=form.value, how=how, force=force, progress=progress
            )
    except KeyboardInterrupt:
        typer.echo("The same command goes on where this one was stopped.", err=True)
        raise
    except HilumError as error:
        rank, _ = rank_and_count()
        if rank:
            typer.echo(f"hilum: process {rank}: {error}", err=True)
        raise


def _print(run: Path, paths: list[Path], form: Format, how: How) -> Written:
    """Predict to stdout, slice by slice."""
    import sys

    from hilum.errors import UsageError
    from hilum.steps.predict import Found, Refused, predict
    from hilum.steps.predict.formats import TableText, body_of, columns_of
    from hilum.steps.predict.write import Written

    found, told = Found(), Written()
    table = TableText(sys.stdout, form.value)
    for outcome in predict(
        run, paths, window=how.window, threshold=how.threshold, engine=how.engine, found=found
    ):
        if isinstance(outcome, Refused):
            told.refused += 1
            typer.echo(f"refused: {outcome.reason}", err=True)
        else:
            told.called[outcome.predicted] = told.called.get(outcome.predicted, 0) + 1
            table.add(columns_of(outcome), body_of([outcome], form.value))
    table.end()
    if not told.called and not told.refused:
        raise UsageError(f"there is no slice in {', '.join(map(str, paths))}.")
    told.passed_over, told.remarks = found.passed_over, found.remarks
    return told
