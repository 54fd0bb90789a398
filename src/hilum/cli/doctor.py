"""hilum doctor."""

from __future__ import annotations

from typing import Annotated

import typer

__all__ = ["command"]


def command(
    weights: Annotated[
        str | None, typer.Option(help="A weights folder to check; default: HILUM_WEIGHTS.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="For a program to read.")] = False,
) -> None:
    """Check what works on this machine.

    Versions, cores, bfloat16, which DICOM transfer syntaxes decode, which weights are available,
    where the cache is.
    """
    from hilum.cli.show import print_json
    from hilum.steps.doctor import examine

    findings = examine(weights)
    if json:
        print_json(findings)
        return
    for part, lines in findings.items():
        typer.echo(part)
        for key, value in lines.items():
            shown = (
                {True: "yes", False: "NO"}.get(value, value) if isinstance(value, bool) else value
            )
            typer.echo(f"  {key:44} {shown}")
