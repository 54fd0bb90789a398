"""hilum data duplicates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

__all__ = ["command"]

PLURALS = {"group": "groups", "split": "splits", "source": "sources", "label": "labels"}


def command(
    tables: Annotated[
        list[Path], typer.Argument(metavar="TABLE...", help="One or more slice tables.")
    ],
    out: Annotated[Path | None, typer.Option(help="CSV file for the pairs.")] = None,
    join: Annotated[
        Path | None,
        typer.Option(
            help="CSV file for one joined table whose groups keep near-duplicates together."
        ),
    ] = None,
    sheet: Annotated[
        Path | None, typer.Option(help="PNG file for the first pairs, side by side.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace existing files.")] = False,
) -> None:
    """Find near-duplicate slices.

    Copies of a slice (cropped, resized, compressed, brightened, with arrows), and neighbours in a
    series that hardly differ, are found within groups and across groups, splits, sources and
    labels.
    Exit code 1 if near-duplicates are in different splits.
    """
    from hilum.cli.show import next_step, number_of, print_json, progress_shown
    from hilum.steps.duplicates import find_duplicates

    with progress_shown() as progress:
        found = find_duplicates(
            tables, out=out, join=join, sheet=sheet, force=force, progress=progress
        )
    for note in found.notes:
        typer.echo(note, err=True)
    if as_json:
        print_json(found.summary)
    else:
        for line in _lines(found.summary):
            typer.echo(line)
        if out is not None:
            typer.echo(f"{out}: {number_of(len(found.pairs), 'pair')}")
        crosses = found.summary["across"]["group"]["clusters"]
        if join is not None:
            typer.echo(next_step("split", join))
        elif crosses:
            typer.echo(next_step("data", "duplicates", *tables, "--join", "joined.csv"))
    if found.crosses_splits:
        raise typer.Exit(1)


def _lines(summary: Mapping[str, Any]) -> Iterator[str]:
    """Yield what was found, in words."""
    from hilum.cli.show import number_of

    yield (
        f"{summary['slices']} slices: {number_of(summary['pairs'], 'pair')} of near-duplicates, in "
        f"{number_of(summary['clusters'], 'cluster')} of {summary['slices_in_clusters']} slices"
    )
    yield f"within groups: {number_of(summary['pairs_within_groups'], 'pair')}"
    for column, plural in PLURALS.items():
        found = summary["across"][column]
        text = (
            f"{number_of(found['pairs'], 'pair')}, {number_of(found['clusters'], 'cluster')} of "
            f"{found['slices']} slices"
        )
        yield f"across {plural}: {text if found['clusters'] else 'none'}"
