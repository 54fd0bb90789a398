"""hilum evaluate: what each fold of a cross-validation reached, on screen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import typer

from hilum.cli.show import metric_text

__all__ = ["print_folds"]

KEYS = {"auc": "AUC", "accuracy": "accuracy", "border_auc": "border AUC"}
WITHIN = "within a source"
NAME = 40
"""Most letters of a value that was left out."""


def print_folds(folds: Mapping[str, Any]) -> None:
    """Print what each fold reached, and what their mean is."""
    each = folds["each"]
    width = _width(each)
    titles = f"{'AUC':>7} {'accuracy':>9} {'border AUC':>11} {WITHIN:>16}"
    typer.echo(f"\n{'fold':{width}} {'slices':>6} {'groups':>6} {titles}")
    for fold in each:
        shown = [_number(fold.get(key)) for key in (*KEYS, "within_source_auc")]
        typer.echo(
            f"{_name(fold):{width}} {fold['n']:>6} {fold['groups']:>6} {shown[0]:>7} "
            f"{shown[1]:>9} {shown[2]:>11} {shown[3]:>16}"
        )
    for key, name in KEYS.items():
        spread = folds["standard_deviation"][key]
        deviation = "" if spread is None else f", standard deviation {spread:.3f}"
        typer.echo(f"mean {name}: {metric_text(folds['mean'][key])}{deviation}")
    typer.echo(folds["sentence"])
    if "left_out" in folds:
        _print_pairs(each)


def _print_pairs(each: Sequence[Mapping[str, Any]]) -> None:
    """Print the AUC of each pair of classes of what each fold left out."""
    width = max(_width(each), 24)
    typer.echo(f"\n{'left out: pair':{width}} {'AUC':24} border AUC")
    for fold in each:
        alone = "" if fold["pairs"] else ": one class, so there is no AUC"
        typer.echo(f"{fold['left_out']}{alone}")
        for pair in fold["pairs"]:
            name = f"  {pair['pair'][0]} against {pair['pair'][1]}"
            note = f" ({pair['note']})" if "note" in pair else ""
            shown = [metric_text(pair[key]) for key in ("auc", "border_auc")]
            typer.echo(f"{name:{width}} {shown[0]:24} {shown[1]}{note}")


def _name(fold: Mapping[str, Any]) -> str:
    """Return the number of a fold, with what it left out."""
    value = fold.get("left_out")
    return f"{fold['fold']} {value[:NAME]}" if value else str(fold["fold"])


def _width(each: Sequence[Mapping[str, Any]]) -> int:
    return max([10, *(len(_name(fold)) for fold in each)])


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
