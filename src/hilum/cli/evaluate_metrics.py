"""hilum evaluate: what it prints of a run's own test slices."""

from __future__ import annotations

from typing import Any

import typer

from hilum.cli.evaluate_folds import print_folds
from hilum.cli.evaluate_parts import print_parts, print_predictive_values
from hilum.cli.evaluate_seeds import print_seeds
from hilum.cli.show import HEADLINE, metric_text

__all__ = ["print_auc", "print_figures"]


def print_figures(metrics: dict[str, Any]) -> None:
    """Print verdict, border probe and the test figures with their intervals."""
    typer.echo(metrics["design"]["sentence"])
    if metrics["split"]["leak"]["groups"]:
        typer.echo(metrics["split"]["leak"]["sentence"])
    if metrics["weights"]["pretrained"] is False:
        typer.echo(_random_start(metrics["weights"]))
    if "seeds" in metrics:
        print_seeds(metrics)
    else:
        _print_test(metrics)
    typer.echo("95 % intervals over groups; research use only.")


def _print_test(metrics: dict[str, Any]) -> None:
    """Print border probe, test metrics, folds, thresholds and calibration."""
    typer.echo(metrics["border_probe"]["sentence"])
    test = metrics["splits"]["test"]
    typer.echo(f"{'test':12} {'per slice':24} per group")
    for name in HEADLINE:
        shown = [metric_text(test[unit]["figures"][name]) for unit in ("per_slice", "per_group")]
        typer.echo(f"{name:12} {shown[0]:24} {shown[1]}")
    typer.echo(f"{'border auc':12} {metric_text(metrics['border_probe']['test']['auc'])}")
    print_parts(metrics)
    if "random_labels" in metrics:
        typer.echo(metrics["random_labels"]["sentence"])
    for caution in metrics.get("cautions", ()):
        typer.echo(caution)
    if "folds" in metrics:
        print_folds(metrics["folds"])
    if "series" in metrics:
        _print_series(metrics["series"])
    _print_thresholds(metrics)
    print_predictive_values(metrics["decision_curve"])
    _print_calibration(metrics["calibration"])


def _print_series(series: dict[str, Any]) -> None:
    """Print the AUC per series where the table names them, and how slices are joined."""
    if series["unit"] == "group":
        return
    test = series["splits"]["test"]
    auc = metric_text(test["figures"]["auc"])
    typer.echo(
        f"Per series ({test['n']} in test): AUC {auc}. {series['sentence']} {series['note']}"
    )


def _random_start(weights: dict[str, Any]) -> str:
    """Say what was trained from scratch: a network, all of an ensemble's, or some."""
    some, members = weights.get("random"), weights.get("members")
    if not members:
        return "Random initialisation: the whole network was trained from scratch."
    which = "every member" if some == members else f"{some} of the {members} members"
    verb = "was" if some in (1, members) else "were"
    return f"Random initialisation: {which} {verb} trained from scratch."


def print_auc(metrics: dict[str, Any]) -> None:
    """Print the test AUCs of network and border, per slice and per group."""
    network, border = metrics["splits"]["test"], metrics["border_probe"]["test"]
    typer.echo(f"{'test':12} {'per slice':24} per group")
    for name, per_slice, per_group in (
        ("auc", network["per_slice"]["figures"]["auc"], network["per_group"]["figures"]["auc"]),
        ("border auc", border["auc"], border["per_group"]["auc"]),
    ):
        typer.echo(f"{name:12} {metric_text(per_slice):24} {metric_text(per_group)}")


def _print_thresholds(metrics: dict[str, Any]) -> None:
    """Print the operating points with what they give on test, per slice."""
    points, positive = metrics["thresholds"]["points"], metrics["positive"]
    typer.echo(f"\n{f'{positive} from':27} {'test recall':24} test specificity, per slice")
    for name, point in points.items():
        if point["threshold"] is None:
            typer.echo(f"{name:17} not defined: {point['note']}")
            continue
        figures = point["test"]["per_slice"]
        shown = [metric_text(figures[figure]) for figure in ("recall", "specificity")]
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


def _print_calibration(calibration: dict[str, Any]) -> None:
    """Print the temperature, and Brier score and calibration error on test."""
    test = calibration["test"]
    scaled = (
        f"Temperature {calibration['temperature']:.3g}, fitted on {calibration['slices']} "
        f"validation slices."
    )
    if not calibration["fitted"]:
        scaled = "Not calibrated."
    typer.echo(f"\n{scaled} {calibration['note']}".rstrip())
    for name, key in (("Brier score", "brier"), ("calibration error", "calibration_error")):
        after = f"  calibrated {metric_text(test['after'][key])}" if calibration["fitted"] else ""
        typer.echo(f"test {name:18} {metric_text(test['before'][key]):24}{after}".rstrip())
