"""hilum info."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["command"]


def command(
    run: Annotated[Path, typer.Argument(help="A run folder.")],
    layers: Annotated[
        bool,
        typer.Option("--layers", help="List the backbone's layers, their maps, frozen or trained."),
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="For a program to read.")] = False,
) -> None:
    """Describe a run.

    Network (members of an ensemble, folds of a cross-validation), data, training and, once
    evaluated, metrics.
    """
    from hilum.cli.show import print_json
    from hilum.steps.info import describe_run

    content = describe_run(run, layers=layers)
    if json:
        print_json(content)
        return
    for key, value in content.items():
        if key == "layers":
            for line in value:
                shape = " x ".join(map(str, line["map"] or ["-"]))
                mark = "  <- hilum explain" if line["default"] else ""
                typer.echo(
                    f"  {line['layer']:40} {line['kind']:20} {shape:>16}  {line['state']}{mark}"
                )
        else:
            for number, line in enumerate(value if isinstance(value, list) else [value]):
                typer.echo(f"{'' if number else key:24} {line}")
