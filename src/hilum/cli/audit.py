"""hilum audit."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["command"]

FeaturesOf = Annotated[
    str | None,
    typer.Option(
        help="Folder of timm local-dir models, or `none` for the fixed features; default: "
        "HILUM_WEIGHTS, else the fixed features. Nothing is downloaded."
    ),
]
Positive = Annotated[
    str,
    typer.Option(
        help="The class that AUCs speak of; without it the run's, else cancer, else the first "
        "that is not normal."
    ),
]


def command(
    table: Annotated[Path, typer.Argument(help="A slice table.")],
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="Folder to make; without it RUN/audit."),
    ] = None,
    run: Annotated[
        Path | None,
        typer.Option(help="A finished run on these slices: its splits and its test AUC too."),
    ] = None,
    weights: FeaturesOf = None,
    positive: Positive = "",
    patients: Annotated[
        list[str] | None,
        typer.Option(
            metavar="SOURCE=N",
            help="How many patients a source has (may be given again); known for some collections.",
        ),
    ] = None,
    ignore: Annotated[
        list[str] | None,
        typer.Option(help="Leave this column out of the attributes (may be given again)."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing audit.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print audit.json.")] = False,
) -> None:
    """Look for what could be learnt from a slice table in place of disease.

    Leaks, groups that can't be patients, attributes that tell the label, probes without sight of
    a lesion, slices without their lungs. Writes audit.html (one file without script) and
    audit.json. Exit code 1 where something is found.
    """
    from hilum.cli.show import print_json, progress_shown
    from hilum.steps.audit import AuditOptions, audit_table

    options = AuditOptions(
        run=run, weights=weights, positive=positive, patients=dict(map(_pair, patients or ())),
        ignored=tuple(ignore or ()),
    )  # fmt: skip
    with progress_shown() as progress:
        content = audit_table(table, out=out, options=options, force=force, progress=progress)
    if json:
        print_json(content)
    else:
        typer.echo(f"Features: {content['features']['of']}.")
        for name, check in content["checks"].items():
            mark = (
                "found"
                if name in content["found"]
                else "ok"
                if check["level"] != "undefined"
                else "not checked"
            )
            typer.echo(f"{name} ({mark}): {check['sentence']}")
        written = out or Path(run or "") / "audit"
        typer.echo(f"Written: {written / 'audit.html'}")
    if content["found"]:
        raise typer.Exit(1)


def _pair(text: str) -> tuple[str, int]:
    """Return source and number of SOURCE=N."""
    name, equals, number = text.rpartition("=")
    if not (name and equals and number.isdecimal()):
        raise typer.BadParameter(f"--patients is given as SOURCE=N; got {text!r}.")
    return name, int(number)
