"""hilum data harmonise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

__all__ = ["command"]


def command(
    table: Annotated[Path, typer.Argument(metavar="TABLE", help="A slice table.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder to create.")],
    clean: Annotated[
        bool,
        typer.Option(
            "--clean/--no-clean",
            help="Fill in annotations first, which takes most of the time; slices that "
            "`hilum data clean` has written need it no more.",
        ),
    ] = True,
    force: Annotated[
        bool, typer.Option("--force", help="Replace existing harmonised slices.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Cut slices to their lungs and take out how their pictures were made.

    Each slice is set upright, cut to the lungs, brought to fixed grey levels and one
    resolution; annotations are filled in. Boxes and masks go along. Writes the slices, their
    table with a quality code of the lungs, and pages for review. Do review them. No file of the
    table is changed.
    """
    from hilum.cli.show import next_step, print_json, progress_shown
    from hilum.steps.harmonise import harmonise_table

    with progress_shown() as progress:
        report = harmonise_table(table, out=out, clean=clean, force=force, progress=progress)
    if as_json:
        print_json(report.summary)
        return
    for line in _lines(report.summary):
        typer.echo(line)
    typer.echo(f"Look: {report.sheets[0]}")
    written = out / "slices.csv"
    typer.echo(f"{written}: {len(report.table)} slices. {next_step('split', written)}")


def _lines(summary: Mapping[str, Any]) -> Iterator[str]:
    """Yield what was found, in words."""
    slices, codes = summary["slices"], summary["lungs"]
    yield f"lungs found: {codes.get('ok', 0)} of {slices} slices"
    for code, count in codes.items():
        if code != "ok":
            yield f"    {code}: {count}"
    for name, counts in summary["sources"].items():
        own = sum(counts.values())
        yield f"{name}: {counts.get('ok', 0)} of {own} ok"
    if summary["boxes_outside"]:
        yield f"boxes outside of what is shown, left out: of {summary['boxes_outside']} slices"
