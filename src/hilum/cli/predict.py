"""hilum predict."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from hilum.cli.options import EngineName

if TYPE_CHECKING:
    from hilum.steps.predict import Predicted, Refused

__all__ = ["command"]


class Format(StrEnum):
    """How predictions are written."""

    csv = "csv"
    json = "json"


def command(
    run: Annotated[Path, typer.Argument(help="A run folder.")],
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
    """
    from hilum.atomic import refuse_existing
    from hilum.errors import UsageError
    from hilum.readers import parse_window
    from hilum.steps.predict import Found, predict

    if out is not None:
        refuse_existing(out, force=force)
    found = Found()
    asked = parse_window(window) if window is not None else None
    outcomes = predict(run, paths, window=asked, threshold=threshold, engine=engine, found=found)
    with _opened(out) as text:
        called, refused = _write(outcomes, text, form)
        if not called and not refused:
            raise UsageError(f"there is no slice in {', '.join(map(str, paths))}.")
    for remark in found.remarks:
        typer.echo(remark, err=True)
    if called:
        counted = ", ".join(f"{n} {name}" for name, n in sorted(called.items()))
        typer.echo(f"{sum(called.values())} slices called: {counted}", err=True)
    if found.passed_over:
        told = ", ".join(f"{n} {suffix}" for suffix, n in sorted(found.passed_over.items()))
        typer.echo(f"passed over, not slices by their content: {told}", err=True)
    if refused:
        typer.echo(f"{refused} files refused; see above.", err=True)
        raise typer.Exit(1)


@contextmanager
def _opened(out: Path | None) -> Iterator[TextIO]:
    """Yield stdout, or a file that is written whole or not at all."""
    import sys

    from hilum.atomic import new_file

    if out is None:
        yield sys.stdout
        return
    with new_file(out) as draft, draft.open("w", encoding="utf-8", newline="") as text:
        yield text


def _write(
    outcomes: Iterable[Predicted | Refused], text: TextIO, form: Format
) -> tuple[dict[str, int], int]:
    """Write predictions as they come; return slices by the class called, and files refused."""
    from hilum.steps.predict import Refused

    called: dict[str, int] = {}
    refused = 0
    write = _CsvLines(text) if form is Format.csv else _JsonArray(text)
    for outcome in outcomes:
        if isinstance(outcome, Refused):
            refused += 1
            typer.echo(f"refused: {outcome.reason}", err=True)
        else:
            called[outcome.predicted] = called.get(outcome.predicted, 0) + 1
            write.add(_row(outcome))
    write.end()
    return called, refused


def _row(outcome: Predicted) -> dict[str, str | int | float]:
    """Return one prediction as columns; `threshold` is empty where none was given."""
    from hilum.steps.predict import NOTICE

    calibrated = outcome.calibrated or {}
    return {
        "path": str(outcome.path),
        "frame": outcome.frame,
        "predicted": outcome.predicted,
        **{f"probability_{name}": round(p, 6) for name, p in outcome.probabilities.items()},
        **{f"calibrated_{name}": round(p, 6) for name, p in calibrated.items()},
        "threshold": "" if outcome.threshold is None else outcome.threshold,
        "window": outcome.window,
        "notes": " ".join(outcome.notes),
        "notice": NOTICE,
    }


class _CsvLines:
    def __init__(self, text: TextIO) -> None:
        import csv

        self.writer, self.begun = csv.writer(text, lineterminator="\n"), False

    def add(self, row: dict[str, str | int | float]) -> None:
        """Write a line, the header before the first."""
        if not self.begun:
            self.writer.writerow(row)
            self.begun = True
        self.writer.writerow(row.values())

    def end(self) -> None:
        """Nothing is left to write."""


class _JsonArray:
    def __init__(self, text: TextIO) -> None:
        self.text, self.before = text, "[\n"

    def add(self, row: dict[str, str | int | float]) -> None:
        """Write an element."""
        import json

        self.text.write(self.before + json.dumps(row, ensure_ascii=False))
        self.before = ",\n"

    def end(self) -> None:
        """Close the array."""
        self.text.write("[]\n" if self.before == "[\n" else "\n]\n")
