"""hilum demo."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["command"]


def command(
    out: Annotated[Path, typer.Option(help="The folder to make.")] = Path("demo"),
    force: Annotated[bool, typer.Option("--force", help="Replace an existing demo.")] = False,
    mend: Annotated[
        bool,
        typer.Option(
            "--mend",
            help="Also train a naive and a robust network where class is source, and try both on "
            "phantoms whose sources tell nothing.",
        ),
    ] = False,
) -> None:
    """Run the complete workflow on synthetic slices.

    Draws, splits, trains, evaluates, explains and reports, in about two minutes on two cores.
    """
    from hilum.cli.evaluate_metrics import print_figures
    from hilum.cli.show import progress_shown
    from hilum.steps.demo import demo
    from hilum.steps.demo import mend as mend_demo

    with progress_shown() as progress:
        run = demo(out, force=force, progress=progress)
        mended = mend_demo(out, force=force, progress=progress) if mend else {}
    print_figures(run.metrics())
    for name, metrics in mended.items():
        typer.echo(f"{name}: {metrics['sentence']}")
    typer.echo("Phantoms prove the machinery, not the medicine.")
    typer.echo(f"Open the report: {run.report_file.resolve()}")
    typer.echo(f"A page of a CT series: {(out / 'series' / 'series-1.html').resolve()}")
