"""hilum report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["command"]


def command(
    run: Annotated[Path, typer.Argument(help="A run folder, evaluated.")],
    card: Annotated[
        bool,
        typer.Option("--card", help="Also write model-card.html and model-card.json."),
    ] = False,
) -> None:
    """Write a run's report.html.

    One file, no script, nothing loaded from elsewhere. A model card says what the run may be used
    for, on which data it rests, what it reached and where its limits are, with a checklist after
    CLAIM 2024 and TRIPOD+AI.
    """
    from hilum.report import write_report
    from hilum.run import open_run

    typer.echo(str(write_report(open_run(run).folder)))
    if card:
        from hilum.steps.card import write_card

        typer.echo(str(write_card(run)))
