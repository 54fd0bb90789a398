"""hilum predict."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hilum.cli.options import EngineName
from hilum.cli.predict_series import is_by_series, predict_by_series

if TYPE_CHECKING:
    from hilum.steps.predict import PredictionSummary, PredictOptions

__all__ = ["command"]

NOTES_SHOWN = 6
"""Kinds of notes in the summary; a folder of one origin has one or two."""


class AnswerUnit(StrEnum):
    """What one answer is about."""

    auto = "auto"
    series = "series"
    slice = "slice"


class RowForm(StrEnum):
    """How predictions are written."""

    csv = "csv"
    json = "json"


def command(
    run: Annotated[Path, typer.Argument(help="A run folder, or a file of `hilum export`.")],
    paths: Annotated[
        list[Path],
        typer.Argument(
            metavar="PATH...",
            help="Slices, folders, slice tables (.csv), or series: folders or zips of DICOM, a "
            "DICOMDIR, NIfTI volumes.",
        ),
    ],
    out: Annotated[Path | None, typer.Option(help="File to write; default: stdout.")] = None,
    form: Annotated[
        RowForm, typer.Option("--format", help="csv, or json: an array.")
    ] = RowForm.csv,
    window: Annotated[
        str | None,
        typer.Option(
            help="For Hounsfield units: lung, mediastinal, or width/center; default: the window "
            "that the network was trained on, else lung."
        ),
    ] = None,
    threshold: Annotated[
        str | None,
        typer.Option(
            metavar="NAME|NUMBER",
            help="Predict the positive class at this probability or more: youden, "
            "sensitivity-0.95, sensitivity-1.00 (as chosen on validation), or a number; default: "
            "the most probable class is predicted.",
        ),
    ] = None,
    pair: Annotated[
        str | None,
        typer.Option(
            metavar="CLASS:CLASS",
            help="By slice: decide between these two classes, the positive one first; the others, "
            "such as normal, are folded away.",
        ),
    ] = None,
    engine: EngineName = "auto",
    by: Annotated[
        AnswerUnit,
        typer.Option(
            help="One answer a series or a slice; auto: by series where every PATH is a zip, a "
            "DICOMDIR, a NIfTI volume, or a folder with DICOM or NIfTI files and no pictures."
        ),
    ] = AnswerUnit.auto,
    page: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="By series: folder for a page of each, which prints on one sheet."
        ),
    ] = None,
    dicom: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="By series: folder for DICOM objects of each: Structured Report, Parametric Map, "
            "Secondary Captures.",
        ),
    ] = None,
    deidentify: Annotated[
        bool,
        typer.Option(
            "--deidentify",
            help="With --dicom: write the objects for de-identified copies of the slices (PS3.15 "
            "E.1, basic profile), and those copies.",
        ),
    ] = False,
    uid_root: Annotated[
        str, typer.Option(help="Root of the new UIDs in --dicom; default: random UUIDs (2.25).")
    ] = "",
    top: Annotated[int, typer.Option(min=1, max=24, help="By series: slices to show of each.")] = 4,
    force: Annotated[bool, typer.Option("--force", help="Replace OUT.")] = False,
) -> None:
    """Predict the class of each slice, or of each CT series.

    Of series, axial chest CT is ordered, slices without lung are skipped, and all else is left out
    with its reason.

    Files that are not slices are refused by name and the others predicted; the exit code is then
    1. With --out, the same command resumes an interrupted prediction, and several processes
    (accelerate launch, torchrun) share the files.
    """
    from hilum.errors import UsageError
    from hilum.processes import rank_and_count
    from hilum.readers import parse_window
    from hilum.scores.pairs import parse_pair
    from hilum.steps.predict import PredictOptions

    chosen = parse_window(window) if window is not None else None
    classes_of_pair = parse_pair(pair) if pair is not None else None
    if is_by_series(by.value, paths):
        if pair is not None:
            raise UsageError("--pair is for slices; give --by slice to predict by slice.")
        from hilum.steps.series import SeriesOptions
        from hilum.steps.series.write import SeriesOutput

        predict_by_series(
            run, paths, SeriesOptions(chosen, threshold, engine, top),
            SeriesOutput(out, form.value, force, page, dicom, uid_root, deidentify),
        )  # fmt: skip
        return
    if page is not None or dicom is not None:
        raise UsageError(
            "--page and --dicom are for series; give --by series to predict by series."
        )
    options = PredictOptions(chosen, threshold, engine, classes_of_pair)
    if out is None and rank_and_count()[1] > 1:
        raise UsageError("several processes need --out FILE, in a folder that they share.")
    summary = _predict(run, paths, out, form, options, force)
    if summary is not None:
        _print(summary)


def _predict(
    run: Path, paths: list[Path], out: Path | None, form: RowForm, options: PredictOptions,
    force: bool,
) -> PredictionSummary | None:  # fmt: skip
    """Predict into a file, or to stdout; a process other than the first reports its own errors."""
    from hilum.cli.show import progress_shown
    from hilum.errors import HilumError
    from hilum.processes import rank_and_count
    from hilum.steps.predict import print_predictions, write_predictions

    if out is None:
        return print_predictions(
            run, paths, sys.stdout, form=form.value, options=options, progress=_ToStderr()
        )
    try:
        with progress_shown() as progress:
            return write_predictions(
                run, paths, out=out, form=form.value, options=options, force=force,
                progress=progress,
            )  # fmt: skip
    except KeyboardInterrupt:
        typer.echo("Run the same command again to resume.", err=True)
        raise
    except HilumError as error:
        rank, _ = rank_and_count()
        if rank:
            typer.echo(f"hilum: process {rank}: {error}", err=True)
        raise


class _ToStderr:
    """Prints sentences alone: a bar would run through the rows on stdout."""

    def advance(self, task: str, done: int, total: int) -> None:
        """Show nothing."""

    def say(self, sentence: str) -> None:
        """Print the sentence."""
        typer.echo(sentence, err=True)


def _print(summary: PredictionSummary) -> None:
    """Print the verdict on the run and the counts; exit with 1 where a file was refused."""
    from hilum.cli.show import number_of

    for sentence in (summary.verdict, *summary.remarks):
        typer.echo(sentence, err=True)
    if summary.called:
        counted = ", ".join(f"{n} {name}" for name, n in sorted(summary.called.items()))
        typer.echo(
            f"{number_of(sum(summary.called.values()), 'slice')} predicted: {counted}", err=True
        )
    _print_notes(summary)
    if summary.passed_over:
        others = ", ".join(f"{n} {suffix}" for suffix, n in sorted(summary.passed_over.items()))
        typer.echo(f"skipped, not slices by content: {others}", err=True)
    if summary.linked_folders:
        typer.echo(
            f"symbolic links to folders, not followed: {summary.linked_folders}; name the folders "
            f"to search them.",
            err=True,
        )
    if summary.refused:
        typer.echo(f"{number_of(summary.refused, 'file')} refused; see above.", err=True)
        raise typer.Exit(1)


def _print_notes(summary: PredictionSummary) -> None:
    """Print how many slices have notes, and the most frequent kinds of notes."""
    if not summary.noted:
        return
    typer.echo(f"slices with notes: {summary.noted}; the column notes has them all", err=True)
    for note, count in summary.notes.most_common(NOTES_SHOWN):
        typer.echo(f"  {count} x {note}", err=True)
    rest = len(summary.notes) - NOTES_SHOWN
    if rest > 0:
        typer.echo(f"  and {rest} further kinds of notes", err=True)
