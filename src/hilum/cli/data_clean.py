"""hilum data clean."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

__all__ = ["command"]


def command(
    table: Annotated[Path, typer.Argument(metavar="TABLE", help="A slice table.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder to create.")],
    force: Annotated[
        bool, typer.Option("--force", help="Replace existing cleaned slices.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Remove arrows, letters and other annotations, filled in from their surroundings.

    Writes cleaned slices and their table, masks of the changed pixels, and pages for review
    (before, mask, after). Do review them: some annotations are missed, and some bones are mistaken
    for one. No file of the table is changed.
    """
    from hilum.cli.show import next_step, print_json, progress_shown
    from hilum.steps.clean import clean

    with progress_shown() as progress:
        report = clean(table, out=out, force=force, progress=progress)
    if as_json:
        print_json(report.summary)
        return
    for line in _lines(report.summary):
        typer.echo(line)
    if report.sheets:
        typer.echo(f"Look: {report.sheets[0]}")
    written = out / "slices.csv"
    typer.echo(f"{written}: {len(report.table)} slices. {next_step('split', written)}")


def _lines(summary: Mapping[str, Any]) -> Iterator[str]:
    """Yield what was done, in words."""
    states = summary["states"]
    yield f"cleaned: {states['cleaned']} of {summary['slices']} slices"
    for label, counts in summary["labels"].items():
        yield f"    {label}: {counts['cleaned']} of {counts['slices']}"
    for kind, count in summary["kinds"].items():
        yield f"    {kind}: in {count}"
    yield f"untouched: {states['untouched']}, copied byte by byte"
    if states["hounsfield"]:
        yield f"in Hounsfield units: {states['hounsfield']}, copied unchecked"
    yield (
        f"changed: {100 * summary['changed_mean']:.3f} % of the pixels on average, "
        f"{100 * summary['changed_most']:.1f} % of the most changed slice"
    )
