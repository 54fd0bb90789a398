"""hilum report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["command"]


def command(run: Annotated[Path, typer.Argument(help="A run folder, evaluated.")]) -> None:
    """Write a run's report.html.

    One file, no script, nothing loaded from elsewhere.
    """
    from hilum.report import write_report
    from hilum.run import open_run

    typer.echo(str(write_report(open_run(run).folder)))
