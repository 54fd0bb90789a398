"""hilum predict by series: what it does and prints."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from hilum.steps.series import SeriesOptions
    from hilum.steps.series.write import SeriesOutput, SeriesSummary

__all__ = ["is_by_series", "predict_by_series"]


def is_by_series(by: str, paths: Sequence[Path]) -> bool:
    """Return whether paths are predicted by series: as requested, or as what they hold."""
    if by != "auto":
        return by == "series"
    from hilum.steps.predict.holds_series import holds_series

    return all(path.exists() and holds_series(path) for path in paths)


def predict_by_series(
    run: Path, paths: list[Path], options: SeriesOptions, output: SeriesOutput
) -> None:
    """Predict series, write and print the answers; exit with 1 where something was refused."""
    from hilum.cli.show import progress_shown
    from hilum.processes import is_first_process
    from hilum.steps.series.write import write_series

    if not is_first_process():
        return  # one process answers all series: their slices are what keeps the cores busy
    with progress_shown() as progress:
        summary = write_series(run, paths, output=output, options=options, progress=progress)
    if output.out is None:
        typer.echo(summary.text, nl=False)
    _print(summary)


def _print(summary: SeriesSummary) -> None:
    """Print the verdict on the run and one line for each series."""
    from hilum.cli.show import number_of

    for sentence in summary.remarks:
        typer.echo(sentence, err=True)
    if summary.answers:
        typer.echo("Research use only; not a medical device.", err=True)
    for answer in summary.answers:
        name, probability = answer["predicted"], answer["probabilities"][answer["predicted"]]
        of_slices = f"{answer['lung_slices']} of {answer['slices']} slices show lung"
        kernel = f", kernel {answer['kernel']}" if answer["kernel"] else ""
        typer.echo(
            f"{answer['first_file']}: {name}, probability {probability:.3f} ({of_slices}{kernel})",
            err=True,
        )
        for note in answer["notes"]:
            typer.echo(f"  {note}", err=True)
    sound = sum(len(one["paths"]) for one in summary.left_out if not one["broken"])
    if sound:
        typer.echo(f"files left out, no axial chest CT: {sound}; see above.", err=True)
    if summary.broken:
        typer.echo(f"{number_of(summary.broken, 'file')} refused; see above.", err=True)
    if not summary.answers:
        typer.echo("No series has an answer.", err=True)
    if summary.broken or not summary.answers:
        raise typer.Exit(1)
