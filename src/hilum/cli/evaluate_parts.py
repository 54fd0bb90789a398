"""hilum evaluate: metrics within and by source, by other parts, and at a prevalence, on screen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import typer

from hilum.cli.show import metric_text

__all__ = ["print_parts", "print_predictive_values"]

NAME, LEAST_NAME = 40, 20
"""Widths of the column of names, letters."""


def print_parts(metrics: Mapping[str, Any]) -> None:
    """Print the AUC within each source, and the metrics of each part of each column."""
    typer.echo(metrics["within_source"]["sentence"])
    sources = metrics["within_source"]["sources"]
    if len(sources) > 1:
        width = _width([entry["source"] for entry in sources])
        typer.echo(f"\n{'within a source':{width}} AUC")
        for entry in sources:
            typer.echo(f"{entry['source']:{width}} {metric_text(entry['auc'])}")
        typer.echo(f"{'pooled':{width}} {metric_text(metrics['within_source']['pooled'])}")
    for column, parts in metrics["parts"].items():
        if len(parts) > 1 or column != "source":
            _print_column(column, parts)


def print_predictive_values(curve: Mapping[str, Any]) -> None:
    """Print both predictive values of each operating point, where a prevalence was stated."""
    values = curve.get("predictive_values")
    if not values:
        if "note" in curve and curve.get("prevalence") is not None:
            typer.echo(f"\nat a prevalence of {curve['prevalence']:g}: nothing; {curve['note']}.")
        return
    heading = f"at a prevalence of {curve['prevalence']:g}"
    typer.echo(f"\n{heading:27} {'positive predictive value':27} negative predictive value")
    for name, of_point in values.items():
        shown = [
            metric_text(of_point[f"{sign}_predictive_value"]) for sign in ("positive", "negative")
        ]
        typer.echo(f"{name:27} {shown[0]:27} {shown[1]}")


def _print_column(column: str, parts: Sequence[Mapping[str, Any]]) -> None:
    """Print what is reached on each part of a column."""
    width = _width([part["part"] for part in parts])
    heading = f"{column:{width}} {'slices':>6} {'groups':>6}  {'AUC':24} difference to the rest"
    typer.echo(f"\n{heading}")
    for part in parts:
        start = f"{part['part']:{width}} {part['n']:>6} {part['groups']:>6}  "
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


def _width(names: Sequence[str]) -> int:
    """Return how many letters the longest name takes, within limits."""
    return min(NAME, max([LEAST_NAME, *map(len, names)]))


def _share_called(figures: Mapping[str, Any]) -> str:
    """Return what can be said of a part of one class."""
    for name in ("recall", "specificity"):
        if figures[name]["value"] is not None:
            return f"{name} {metric_text(figures[name])}"
    return metric_text(figures["auc"])
