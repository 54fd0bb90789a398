"""hilum evaluate."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

__all__ = ["command", "print_figures"]


def command(
    run: Annotated[Path, typer.Argument(help="A run folder.")],
    keep_predictions: Annotated[
        bool,
        typer.Option("--keep-predictions", help="Score predictions.csv as it is; needs no torch."),
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print metrics.json.")] = False,
) -> None:
    """Predict and score a run's slices.

    Writes predictions.csv, and metrics.json with the design verdict, the border probe and all
    figures with their intervals, per slice and per group.
    """
    from hilum.cli.show import print_json, progress_shown
    from hilum.steps.evaluate import evaluate

    with progress_shown() as progress:
        metrics = evaluate(run, keep_predictions=keep_predictions, progress=progress)
    if json:
        print_json(metrics)
        return
    print_figures(metrics)
    typer.echo(f"Next: hilum explain {run}")


def print_figures(metrics: dict[str, Any]) -> None:
    """Print verdict, border probe and the test figures with their intervals."""
    typer.echo(metrics["design"]["sentence"])
    if metrics["split"]["leak"]["groups"]:
        typer.echo(metrics["split"]["leak"]["sentence"])
    if not metrics["weights"]["pretrained"]:
        typer.echo("Random initialisation: the whole network was trained from nothing.")
    typer.echo(metrics["border_probe"]["sentence"])
    test = metrics["splits"]["test"]
    typer.echo(f"{'test':12} {'per slice':24} per group")
    for name in test["per_slice"]["figures"]:
        shown = [_shown(test[unit]["figures"][name]) for unit in ("per_slice", "per_group")]
        typer.echo(f"{name:12} {shown[0]:24} {shown[1]}")
    typer.echo(f"{'border auc':12} {_shown(metrics['border_probe']['test']['auc'])}")
    for caution in metrics.get("cautions", ()):
        typer.echo(caution)
    typer.echo("95 % intervals over groups; research use only.")


def _shown(figure: dict[str, Any]) -> str:
    """Return value and interval as text."""
    if figure["value"] is None:
        return f"undefined ({figure['note']})"
    mark = "*" if figure["method"] == "exact" else ""
    return f"{figure['value']:.3f} [{figure['low']:.3f}, {figure['high']:.3f}]{mark}"
