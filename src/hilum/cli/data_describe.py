"""hilum data describe."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

__all__ = ["command"]

SHORT = ("sex", "organism_class", "stage_t", "stage_n", "stage_m", "smoking")
"""Characteristics with few values, which fit into a line of the terminal."""


def command(
    what: Annotated[
        str,
        typer.Argument(
            metavar="TABLE|SOURCE=PATH",
            help="A slice table, or everything that a collection lists: ct-pneumonia=FOLDER.",
        ),
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder to create.")],
    pictures: Annotated[
        bool, typer.Option(help="Read the slices, for how their pictures were made.")
    ] = True,
    force: Annotated[
        bool, typer.Option("--force", help="Replace an existing description.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print cohort.json.")] = False,
) -> None:
    """Summarise patients and pictures by class: a paper's cohort tables.

    Writes cohort.html (one file without script), cohort.csv, cohort.json and figures.
    """
    from hilum.cli.show import print_json, progress_shown
    from hilum.steps.describe import describe, describe_listed

    name, equals, path = what.partition("=")
    with progress_shown() as progress:
        if equals and not Path(what).exists():
            content = describe_listed(name, Path(path), out=out, force=force)
        else:
            content = describe(what, out=out, pictures=pictures, force=force, progress=progress)
    if json:
        print_json(content)
        return
    _print(content)
    typer.echo(f"Written: {out / 'cohort.html'}")


def _counted(number: int, name: str) -> str:
    return f"{number} {name if number != 1 else name.removesuffix('s')}"


def _heading(table: dict[str, Any]) -> str:
    """Return a title for use within a line: `Stage, T` keeps its T."""
    title = str(table["title"])
    return title[0].lower() + title[1:]


def _anything_known(table: dict[str, Any], label: str) -> bool:
    return any(row["cells"][label]["slices"] for row in table["rows"] if row["value"] != "unknown")


def _print(content: dict[str, Any]) -> None:
    """Print the counts, the short tables, and the doubts."""
    if content["design"]:
        typer.echo(content["design"]["sentence"])
    for label in content["labels"]:
        counts = content["counts"][label]
        counts_text = ", ".join(_counted(number, name) for name, number in counts.items())
        typer.echo(f"{label}: {counts_text}")
        for table in content["tables"]:
            if table["name"] in SHORT and _anything_known(table, label):
                cells = [f"{row['cells'][label]['slices']} {row['value']}" for row in table["rows"]
                         if row["cells"][label]["slices"]]  # fmt: skip
                typer.echo(f"    {_heading(table)}: {', '.join(cells)}")
        for numbers in content["numbers"]:
            cell = numbers["cells"][label]
            if cell["known"] and not numbers["picture"]:
                typer.echo(
                    f"    {_heading(numbers)}: mean {cell['mean']:.1f}, median "
                    f"{cell['median']:.1f} ({cell['known']} of {cell['of']} slices)"
                )
    for one in content["exclusions"]:
        count = _counted(len(one["slices"]), "slices")
        typer.echo(f"{one['reason']}: {count} that the paper would leave out")
    for kind in (content["notes"] or {}).get("kinds", []):
        typer.echo(f"{_counted(kind['slices'], 'slices')}: {kind['note']}")
    for doubt in content["doubts"]:
        typer.echo(doubt)
