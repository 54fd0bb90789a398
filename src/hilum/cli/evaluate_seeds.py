"""What `hilum train --seeds` and `hilum evaluate` print of a repeated training."""

from __future__ import annotations

from typing import Any

import typer

from hilum.cli.show import HEADLINE

__all__ = ["print_seeds"]

WIDTH = 22
"""Of a column: a metric with its interval."""
SIDE_BY_SIDE = 3
"""Trainings in a row, so that a terminal of 92 columns shows them."""


def print_seeds(metrics: dict[str, Any]) -> None:
    """Print each training's test metrics with their intervals, and how far they spread."""
    from hilum.scores.interval_text import spread_text

    seeds = metrics["seeds"]
    for unit, title in (("per_slice", "test, per slice"), ("per_group", "test, per group")):
        for first in range(0, len(seeds["each"]), SIDE_BY_SIDE):
            _print_block(seeds["each"][first : first + SIDE_BY_SIDE], unit, title)
        for name in HEADLINE:
            typer.echo(f"{f'mean {name}':{WIDTH}} {spread_text(seeds['spread'][unit][name])}")
        typer.echo("")
    typer.echo(metrics["border_probe"]["sentence"])
    for caution in metrics["cautions"]:
        typer.echo(caution)
    typer.echo(seeds["sentence"])


def _print_block(each: list[dict[str, Any]], unit: str, title: str) -> None:
    """Print the metrics of a few trainings side by side."""
    from hilum.scores.interval_text import interval_text

    rows = [(title, *(f"seed {one['seed']}" for one in each))]
    rows += [(name, *(interval_text(one[unit][name]) for one in each)) for name in HEADLINE]
    for row in rows:
        typer.echo("".join(f"{cell:{WIDTH}} " for cell in row).rstrip())
