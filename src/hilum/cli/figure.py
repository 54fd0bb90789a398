"""hilum figure."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["command"]


def command(
    kind: Annotated[
        str,
        typer.Argument(
            help="`networks`: networks by slices; `layers`: networks by layers, of one slice; "
            "`depths`: networks by what is frozen, trainable, and both, of one slice."
        ),
    ],
    runs: Annotated[list[Path], typer.Argument(help="Run folders.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="File to write: .svg, .pdf or .png.")],
    slices: Annotated[
        list[str] | None,
        typer.Option(
            "--slice",
            help="A slice_id of the first run (repeatable); default: the test slices with the "
            "largest boxes, each of another group.",
        ),
    ] = None,
    layer: Annotated[
        list[str] | None,
        typer.Option(
            help="networks: as in `hilum explain`. layers: show this one (repeatable); default: "
            "five from the first to the last of each network."
        ),
    ] = None,
    method: Annotated[str, typer.Option(help="As in `hilum explain`.")] = "gradcam",
    target: Annotated[
        str | None, typer.Option(help="The class that the maps are for; default: the positive one.")
    ] = None,
    shared_scale: Annotated[
        bool | None,
        typer.Option(
            "--shared-scale/--own-scales",
            help="One colour scale for all maps, or one for each; default: shared in `depths`.",
        ),
    ] = None,
    width: Annotated[float, typer.Option(min=60, max=400, help="Maximum width, mm.")] = 180,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing figure.")] = (False),
) -> None:
    """Draw maps of several networks side by side, for print.

    A table of the same name lists slices, layers, probabilities and values.
    """
    from hilum.cli.show import progress_shown
    from hilum.steps.figure import FigureOptions, draw_figure

    layers = tuple(layer or ())
    options = FigureOptions(
        slices=tuple(slices or ()),
        layers=layers if kind == "layers" else (),
        layer=layers[0] if layers and kind != "layers" else "last",
        method=method,
        target=target or "",
        shared_scale=shared_scale,
        width=width,
    )
    with progress_shown() as progress:
        drawn = draw_figure(kind, runs, out=out, options=options, force=force, progress=progress)
    typer.echo(f"{drawn}, and what it shows in {drawn.with_suffix('.csv').name}")
