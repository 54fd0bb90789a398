"""hilum evaluate."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from hilum.cli.options import EngineName

__all__ = ["command", "print_auc", "print_figures"]


HEADLINE = ("accuracy", "precision", "recall", "specificity", "f1", "auc")
"""The metrics that are printed; metrics.json and the report have more."""


def command(
    run: Annotated[Path, typer.Argument(help="A run folder.")],
    keep_predictions: Annotated[
        bool,
        typer.Option("--keep-predictions", help="Score predictions.csv as it is; needs no torch."),
    ] = False,
    engine: EngineName = "auto",
    json: Annotated[bool, typer.Option("--json", help="Print metrics.json.")] = False,
) -> None:
    """Predict and score a run's slices.

    Writes predictions.csv, and metrics.json with the design verdict, the border probe, all
    figures with their intervals, per slice and per group, operating points and calibration. The
    thresholds and the temperature, learnt on validation, go into network.json, for predict.
    """
    from hilum.cli.show import print_json, progress_shown
    from hilum.steps.evaluate import evaluate

    with progress_shown() as progress:
        metrics = evaluate(run, keep_predictions=keep_predictions, engine=engine, progress=progress)
    if json:
        print_json(metrics)
        return
    print_figures(metrics)
    typer.echo(f"Next: hilum {'report' if 'folds' in metrics else 'explain'} {run}")


def print_figures(metrics: dict[str, Any]) -> None:
    """Print verdict, border probe and the test figures with their intervals."""
    typer.echo(metrics["design"]["sentence"])
    if metrics["split"]["leak"]["groups"]:
        typer.echo(metrics["split"]["leak"]["sentence"])
    if metrics["weights"]["pretrained"] is False:
        typer.echo(_random_start(metrics["weights"]))
    typer.echo(metrics["border_probe"]["sentence"])
    test = metrics["splits"]["test"]
    typer.echo(f"{'test':12} {'per slice':24} per group")
    for name in HEADLINE:
        shown = [_shown(test[unit]["figures"][name]) for unit in ("per_slice", "per_group")]
        typer.echo(f"{name:12} {shown[0]:24} {shown[1]}")
    typer.echo(f"{'border auc':12} {_shown(metrics['border_probe']['test']['auc'])}")
    if "random_labels" in metrics:
        typer.echo(metrics["random_labels"]["sentence"])
    for caution in metrics.get("cautions", ()):
        typer.echo(caution)
    if "folds" in metrics:
        _print_folds(metrics["folds"])
    _print_thresholds(metrics)
    _print_calibration(metrics["calibration"])
    typer.echo("95 % intervals over groups; research use only.")


def _random_start(weights: dict[str, Any]) -> str:
    """Say what was trained from nothing: a network, all of an ensemble's, or some."""
    some, members = weights.get("random"), weights.get("members")
    if not members:
        return "Random initialisation: the whole network was trained from nothing."
    which = "every member" if some == members else f"{some} of the {members} members"
    verb = "was" if some in (1, members) else "were"
    return f"Random initialisation: {which} {verb} trained from nothing."


def print_auc(metrics: dict[str, Any]) -> None:
    """Print the test AUCs of network and border, per slice and per group."""
    network, border = metrics["splits"]["test"], metrics["border_probe"]["test"]
    typer.echo(f"{'test':12} {'per slice':24} per group")
    for name, whole, grouped in (
        ("auc", network["per_slice"]["figures"]["auc"], network["per_group"]["figures"]["auc"]),
        ("border auc", border["auc"], border["per_group"]["auc"]),
    ):
        typer.echo(f"{name:12} {_shown(whole):24} {_shown(grouped)}")


def _print_folds(told: dict[str, Any]) -> None:
    """Print what each fold reached, and what their mean is."""
    keys = {"auc": "AUC", "accuracy": "accuracy", "border_auc": "border AUC"}
    typer.echo(
        f"\n{'fold':10} {'slices':>6} {'groups':>6} {'AUC':>7} {'accuracy':>9} {'border AUC':>11}"
    )
    for fold in told["each"]:
        shown = [f"{fold[key]:.3f}" if fold[key] is not None else "-" for key in keys]
        typer.echo(
            f"{fold['fold']:10} {fold['n']:>6} {fold['groups']:>6} {shown[0]:>7} {shown[1]:>9} "
            f"{shown[2]:>11}"
        )
    for key, name in keys.items():
        spread = told["standard_deviation"][key]
        beside = "" if spread is None else f", standard deviation {spread:.3f}"
        typer.echo(f"mean {name}: {_shown(told['mean'][key])}{beside}")
    typer.echo(told["sentence"])


def _print_thresholds(metrics: dict[str, Any]) -> None:
    """Print the operating points with what they give on test, per slice."""
    points, positive = metrics["thresholds"]["points"], metrics["positive"]
    typer.echo(f"\n{f'{positive} from':27} {'test recall':24} test specificity, per slice")
    for name, point in points.items():
        if point["threshold"] is None:
            typer.echo(f"{name:17} not defined: {point['note']}")
            continue
        figures = point["test"]["per_slice"]
        shown = [_shown(figures[figure]) for figure in ("recall", "specificity")]
        typer.echo(f"{name:17} {point['threshold']!s:9} {shown[0]:24} {shown[1]}")
    if metrics["thresholds"]["chosen_on"] is None:
        typer.echo(
            "Other thresholds belong to one network: evaluate a fold to see its own."
            if "folds" in metrics
            else "There are no validation slices to choose other thresholds on."
        )
    for name, point in points.items():
        if point["threshold"] is not None and "note" in point:
            typer.echo(f"{name}: {point['note']}")


def _print_calibration(told: dict[str, Any]) -> None:
    """Print the temperature, and Brier score and calibration error on test."""
    test = told["test"]
    scaled = f"Temperature {told['temperature']:.3g}, fitted on {told['slices']} validation slices."
    if not told["fitted"]:
        scaled = "Not calibrated."
    typer.echo(f"\n{scaled} {told['note']}".rstrip())
    for name, key in (("Brier score", "brier"), ("calibration error", "calibration_error")):
        after = f"  calibrated {_shown(test['after'][key])}" if told["fitted"] else ""
        typer.echo(f"test {name:18} {_shown(test['before'][key]):24}{after}".rstrip())


def _shown(metric: dict[str, Any]) -> str:
    """Return value and interval as text, or why there is none."""
    from hilum.scores.interval_text import interval_text

    return interval_text(metric, undefined=f"undefined ({metric.get('note')})")
