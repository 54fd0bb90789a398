"""hilum evaluate RUN TABLE: what it prints of another table."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from hilum.steps.evaluate.elsewhere import ElsewhereOptions

__all__ = ["options_of", "print_elsewhere"]


def options_of(
    renamed: list[str] | None, pair: str | None, by: list[str] | None, **more: Any
) -> ElsewhereOptions:
    """Return the options that the command line gives.

    Raises:
        UsageError: `--as` or `--pair` is not of its form.
    """
    from hilum.errors import UsageError
    from hilum.steps.evaluate.elsewhere import ElsewhereOptions
    from hilum.steps.evaluate.labels import parse_pair

    names = {}
    for text in renamed or ():
        label, sign, name = (part.strip() for part in text.partition("="))
        if not sign or not label or not name:
            raise UsageError(f"--as maps a label to a class: benign=normal; got {text!r}.")
        names[label] = name
    return ElsewhereOptions(
        renamed=names, pair=parse_pair(pair) if pair else None, by=tuple(by or ()), **more
    )


def print_elsewhere(metrics: dict[str, Any], folder: Path) -> None:
    """Print what a run reaches on another table."""
    from hilum.cli.show import HEADLINE, metric_text

    typer.echo(metrics["overlap"]["sentence"])
    typer.echo(metrics["design"]["sentence"])
    typer.echo(metrics["sentence"])
    typer.echo(metrics["border_probe"]["sentence"])
    typer.echo(f"\n{'elsewhere':12} {'per slice':24} per group")
    for name in HEADLINE:
        of_slices, of_groups = (
            metrics[unit]["figures"][name] for unit in ("per_slice", "per_group")
        )
        typer.echo(f"{name:12} {metric_text(of_slices):24} {metric_text(of_groups)}")
    typer.echo(f"{'border auc':12} {metric_text(metrics['border_probe']['test']['auc'])}")
    _print_within(metrics["within_source"])
    for column, parts in metrics["parts"].items():
        if len(parts) > 1 or column != "source":
            _print_parts(column, parts)
    _print_points(metrics)
    for caution in metrics["cautions"]:
        typer.echo(caution)
    typer.echo("95 % intervals over groups; nothing was chosen on these slices; research use only.")
    typer.echo(f"Written: {folder}")


def _print_within(within: dict[str, Any]) -> None:
    """Print the AUC within each source."""
    from hilum.cli.show import metric_text

    if len(within["sources"]) + len(within["one_class"]) < 2:
        return
    typer.echo(f"\n{'within a source':24} AUC")
    for entry in within["sources"]:
        typer.echo(f"{entry['source']:24} {metric_text(entry['auc'])}")
    typer.echo(f"{'pooled':24} {metric_text(within['pooled'])}")


def _print_parts(column: str, parts: list[dict[str, Any]]) -> None:
    """Print what is reached on each part of a column."""
    from hilum.cli.show import metric_text

    typer.echo(f"\n{column:20} {'slices':>6} {'groups':>6}  {'AUC':24} difference to the rest")
    for part in parts:
        start = f"{part['part']:20} {part['n']:>6} {part['groups']:>6}  "
        if "note" in part:
            typer.echo(f"{start}{part['note']}")
            continue
        change = part.get("auc_minus_rest")
        suffix = (
            f" {change['value']:+.3f}, p {change['p_holm']:.3f} (Holm)"
            if change and change["value"] is not None
            else ""
        )
        auc = part["figures"]["auc"]
        shown = metric_text(auc) if auc["value"] is not None else _share_called(part["figures"])
        typer.echo(f"{start}{shown:24}{suffix}")


def _share_called(figures: dict[str, Any]) -> str:
    """Return what can be said of a part of one class."""
    from hilum.cli.show import metric_text

    for name in ("recall", "specificity"):
        if figures[name]["value"] is not None:
            return f"{name} {metric_text(figures[name])}"
    return metric_text(figures["auc"])


def _print_points(metrics: dict[str, Any]) -> None:
    """Print the run's operating points with what they give here."""
    from hilum.cli.show import metric_text

    points = metrics["thresholds"]["points"]
    if not points:
        typer.echo(f"No operating points: {metrics['thresholds']['note']}.")
        return
    typer.echo(f"\n{'operating point of the run':27} {'recall':24} specificity, per slice")
    for name, point in points.items():
        shown = [metric_text(point["per_slice"][key]) for key in ("recall", "specificity")]
        typer.echo(f"{name:17} {point['threshold']!s:9} {shown[0]:24} {shown[1]}")
    values = metrics["decision_curve"].get("predictive_values")
    if values is not None:
        typer.echo(f"\nAt a prevalence of {metrics['decision_curve']['prevalence']:g}:")
        for name, value in values.items():
            typer.echo(f"{name.replace('_', ' '):26} {metric_text(value)}")
