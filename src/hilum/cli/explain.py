"""hilum explain."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["command"]


def command(
    run: Annotated[Path, typer.Argument(help="A run folder.")],
    split: Annotated[str, typer.Option(help="Which slices: train, validation or test.")] = "test",
    target: Annotated[
        str, typer.Option(help="Class to make maps for: its name, `positive` or `predicted`.")
    ] = "positive",
    method: Annotated[
        str,
        typer.Option(
            help="gradcam, hirescam, gradcam++, layercam, xgradcam or eigencam.",
        ),
    ] = "gradcam",
    layer: Annotated[
        str,
        typer.Option(
            help="`last` convolution, a layer of `hilum info RUN --layers`, or the mean over the "
            "`frozen`, the `trainable` or `all` convolutions."
        ),
    ] = "last",
    full_size: Annotated[
        bool, typer.Option("--full-size", help="Also write the maps in the pixels of their slices.")
    ] = False,
    localised: Annotated[
        bool,
        typer.Option(
            "--localise/--no-localise",
            help="Compare the maps with the table's boxes and masks, next to controls, and measure "
            "how much of the AUC is left where lesions are covered.",
        ),
    ] = True,
    untrained: Annotated[
        bool,
        typer.Option(
            "--untrained/--no-untrained",
            help="Include an untrained network among the controls; this doubles the time.",
        ),
    ] = True,
) -> None:
    """Make Grad-CAM maps of a run's slices.

    Writes the raw maps of all slices of a split, pictures of confident, uncertain and wrong
    predictions, how well the maps find the lesions of the table, and how much of the AUC is left
    where they are covered with plain lung.
    """
    from hilum.cli.show import next_step, progress_shown
    from hilum.steps.explain import explain
    from hilum.steps.localise import localise

    with progress_shown() as progress:
        folder = explain(
            run, split=split, target=target, method=method, layer=layer, full_size=full_size,
            progress=progress,
        )  # fmt: skip
        found = localise(run, untrained=untrained, progress=progress) if localised else None
    if found:
        typer.echo(found["verdict"]["sentence"])
        if "lesions_covered" in found:
            typer.echo(found["lesions_covered"]["sentence"])
    typer.echo(f"{folder}: raw maps (NPZ), index.csv, pictures. {next_step('report', run)}")
