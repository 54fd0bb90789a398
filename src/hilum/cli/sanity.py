"""hilum sanity."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

__all__ = ["command"]


def command(
    run: Annotated[Path, typer.Argument(help="A run folder.")],
    others: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[OTHER RUN]...",
            help="Runs on the same slices: another seed of the recipe, other networks.",
        ),
    ] = None,
    target: Annotated[
        str,
        typer.Option(help="Class to make maps for: its name, `positive` or `predicted`."),
    ] = "positive",
    method: Annotated[str, typer.Option(help="Method, as in `hilum explain`.")] = "gradcam",
    layer: Annotated[str, typer.Option(help="Layer, as in `hilum explain`.")] = "last",
    slices: Annotated[int, typer.Option(help="Number of slices.")] = 32,
    draws: Annotated[int, typer.Option(help="Number of random initialisations.")] = 3,
    steps: Annotated[int, typer.Option(help="Number of steps in which pixels are removed.")] = 20,
    split: Annotated[str, typer.Option(help="Which slices: train, validation or test.")] = "test",
    seed: Annotated[int, typer.Option(help="Seed of all random draws.")] = 0,
    json: Annotated[bool, typer.Option("--json", help="Print sanity.json.")] = False,
) -> None:
    """Check whether a run's maps mean anything.

    The maps must change as layer after layer is randomised; other runs' maps should agree with
    them; and the probability should fall soonest when pixels are removed in the order of the map.
    Writes sanity/. Exit code 1 if the maps stay similar although all weights are random.
    """
    from hilum.audit import STAYS
    from hilum.cli.show import next_step, print_json, progress_shown
    from hilum.steps.sanity import SanityOptions, sanity

    options = SanityOptions(
        slices=slices, draws=draws, steps=steps, split=split, target=target, method=method,
        layer=layer, seed=seed,
    )  # fmt: skip
    with progress_shown() as progress:
        found = sanity(run, others or (), options=options, progress=progress)
    if json:
        print_json(found)
    else:
        _print(found)
        typer.echo(
            f"{run / 'sanity'}: sanity.csv, sanity.json, figures. {next_step('report', run)}"
        )
    if found["randomisation"]["level"] == STAYS:
        raise typer.Exit(1)


def _print(found: dict[str, Any]) -> None:
    """Print how similar maps stay, stage by stage, and the result of each check."""
    typer.echo(
        f"{found['method']} at {', '.join(found['layers'][:3])}: {found['slices']} slices of "
        f"{found['groups']} groups."
    )
    for state, count in found["left_out"].items():
        if count:
            typer.echo(f"{count} further slices have no map: {state}.")
    typer.echo(f"{'random':40} {'rank correlation':24} SSIM")
    for stage in found["randomisation"]["stages"]:
        shown = [_shown(stage[name]) for name in ("rank_correlation", "ssim")]
        typer.echo(f"{stage['name']:40} {shown[0]:24} {shown[1]}")
    floor = [_shown(found["different_slices"][name]) for name in ("rank_correlation", "ssim")]
    typer.echo(f"{'different slices, trained':40} {floor[0]:24} {floor[1]}")
    typer.echo(found["randomisation"]["sentence"])
    for run in found["runs"]:
        typer.echo(run["sentence"])
    for game in ("deletion", "insertion"):
        for order, figure in found[game]["areas"].items() if found[game]["slices"] else ():
            typer.echo(f"{f'{game}, {order}':40} {_shown(figure)}")
        typer.echo(found[game]["sentence"])
    typer.echo("95 % intervals over groups; research use only.")


def _shown(metric: dict[str, Any]) -> str:
    """Return value and interval, two decimals."""
    from hilum.scores.interval_text import interval_text

    return interval_text(metric, 2)
