"""hilum ensemble."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["command"]


def command(
    runs: Annotated[
        list[Path],
        typer.Argument(
            metavar="RUN...", help="At least two finished runs on the same slices and splits."
        ),
    ],
    out: Annotated[Path, typer.Option(help="The run folder to create.")],
    report: Annotated[
        bool, typer.Option("--report", help="Then also evaluate, explain and report.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing run folder.")] = False,
) -> None:
    """Average the probabilities of several runs.

    Creates a run without training: the members are copied into it.
    """
    from hilum.cli.show import next_step, progress_shown
    from hilum.steps.ensemble import ensemble

    run = ensemble(runs, out=out, force=force)
    typer.echo(run.description.title)
    if not report:
        typer.echo(next_step("evaluate", out))
        return
    from hilum.cli.evaluate_metrics import print_figures
    from hilum.steps.finish import finish

    with progress_shown() as progress:
        finish(run, progress=progress)
    print_figures(run.metrics())
    typer.echo(f"{run.report_file}")
