"""hilum export."""

from __future__ import annotations

from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from hilum.steps.export import Exported

__all__ = ["command"]


class Format(StrEnum):
    """Formats of networks."""

    onnx = "onnx"


class Precision(StrEnum):
    """What a network computes in."""

    float32 = "float32"
    int8 = "int8"


def command(
    run: Annotated[Path, typer.Argument(help="A run folder.")],
    out: Annotated[Path, typer.Option(help="The file to write: NAME.onnx.")],
    form: Annotated[Format, typer.Option("--format", help="The file's format.")] = Format.onnx,
    precision: Annotated[
        Precision,
        typer.Option(help="int8: smaller; refused where the validation AUC suffers by it."),
    ] = Precision.float32,
    json: Annotated[bool, typer.Option("--json", help="Print what was measured.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace OUT.")] = False,
) -> None:
    """Write a run's network as one self-contained file.

    It includes class names, input size, windows, thresholds and temperature: `hilum predict
    NAME.onnx ...` needs no run folder and no torch. Verified against torch first.
    """
    from hilum.cli.show import next_step, print_json, progress_shown
    from hilum.steps.export import export

    with progress_shown() as progress:
        exported = export(run, out=out, precision=precision.value, force=force, progress=progress)
    if json:
        print_json({**asdict(exported), "file": str(exported.file)})
        return
    _print(exported)
    typer.echo(next_step("predict", out, "SLICES"))


def _print(exported: Exported) -> None:
    """Print what was measured."""
    typer.echo(
        f"{exported.file}: {exported.precision}, {exported.bytes / 1e6:.1f} MB; research use only."
    )
    checked = f"Largest difference to torch's logits: {exported.logit_difference:.1e}"
    if exported.validation is None:
        typer.echo(f"{checked}.")
        return
    typer.echo(f"{checked} (float32, {exported.float32_bytes / 1e6:.1f} MB).")
    seen = exported.validation
    for name in ("float32", "int8"):
        area, speed = seen[name]["auc"], seen[name]["slices_a_second"]
        typer.echo(
            f"{name:8} validation AUC {area['value']:.3f} [{area['low']:.3f}, {area['high']:.3f}], "
            f"{speed:.1f} slices a second"
        )
    typer.echo(
        f"Largest difference of a probability on {seen['slices']} validation slices: "
        f"{seen['probability_difference']:.3f}; calibrated on {seen['calibrated_on']} training "
        f"slices."
    )
