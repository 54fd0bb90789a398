"""hilum compare."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

__all__ = ["command"]

NAME_WIDTH = 48
"""Letters of a name in the terminal; the files have it whole."""


def command(
    runs: Annotated[
        list[Path],
        typer.Argument(
            help="Folders of evaluated runs; at least two, or one trained from several seeds."
        ),
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder to create.")],
    force: Annotated[bool, typer.Option("--force", help="Replace an existing comparison.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print comparison.json.")] = False,
) -> None:
    """Compare runs: one table, paired differences, ROC and training curves.

    Writes comparison.json, table.md, table.csv, differences.csv, figures, and comparison.html, one
    file without scripts. Needs no torch. Runs on different slices or splits are not compared in
    pairs.
    """
    from hilum.cli.show import print_json, progress_shown
    from hilum.steps.compare import compare

    with progress_shown() as progress:
        content = compare(runs, out=out, force=force, progress=progress)
    if content["refusal"]["sentence"]:
        typer.echo(content["refusal"]["sentence"], err=True)
    if json:
        print_json(content)
        return
    _print(content)
    typer.echo(f"Written: {out / 'comparison.html'}")


def _print(content: dict[str, Any]) -> None:
    """Print verdict, border probe and the table."""
    for one in content["sets"]:
        of = f"{', '.join(one['runs'])}: " if len(content["sets"]) > 1 else ""
        typer.echo(of + one["design"]["sentence"])
        if one["leak"]["groups"]:
            typer.echo(of + one["leak"]["sentence"])
        for border in one["borders"]:
            typer.echo(f"{of}border alone: AUC {_shown(border['auc'])}")
        for caution in one["cautions"]:
            typer.echo(of + caution)
    named = {run["name"]: run for run in content["runs"]}
    width = min(NAME_WIDTH, max(len(name) for name in named))
    typer.echo(f"{'test, per slice':{width}}  {'accuracy':23} {'AUC':23} parameters")
    for name, run in named.items():
        short = name if len(name) <= width else f"{name[: width - 20]}…{name[-19:]}"
        figures = run["per_slice"]["figures"]
        total = (run["parameters"] or {}).get("total")
        count = f"{total / 1e6:.1f} M" if total else "-"
        cells = [_shown(figures[key], name == content["best"]["per_slice"][key])
                 for key in ("accuracy", "auc")]  # fmt: skip
        typer.echo(f"{short:{width}}  {cells[0]:23} {cells[1]:23} {count:>10}")
    _print_spreads(content["spreads"])
    typer.echo(content["best"]["sentence"])
    for one in content["sets"]:
        if one["power"] and one["power"]["sentence"]:
            typer.echo(one["power"]["sentence"])
    if content["choice"]:
        _print_choice(content["choice"])
    typer.echo("95 % intervals over groups, * exact; research use only.")


def _print_spreads(spreads: list[dict[str, Any]]) -> None:
    """Print how far accuracy and AUC of each repeated training spread over its seeds."""
    from hilum.scores.interval_text import spread_text

    for spread in spreads:
        for key, title in (("accuracy", "accuracy"), ("auc", "AUC")):
            text = spread_text(spread["per_slice"][key])
            typer.echo(f"{spread['title']}: mean {title} {text}")


def _print_choice(choice: dict[str, Any]) -> None:
    """Print what choosing inside the folds gives, next to the naive claim."""
    area = choice["per_slice"]["figures"]["auc"]
    typer.echo(f"Best of {choice['n']}, chosen inside the folds: AUC {_shown(area)}")
    naive = choice["naive"]
    if naive:
        typer.echo(
            f"Best of {choice['n']} by the test slices themselves ({naive['name']}) would claim "
            f"AUC {_shown(naive['auc'])}, {naive['optimism']:+.3f}."
        )


def _shown(metric: dict[str, Any], best: bool = False) -> str:
    """Return value and interval as text; what is best beyond chance has an arrow."""
    from hilum.scores.interval_text import interval_text

    return interval_text(metric) + (" <" if best and metric["value"] is not None else "")
