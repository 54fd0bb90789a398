"""The command `hilum`: its sub-commands, and what becomes of errors."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from hilum.cli import (
    data,
    demo,
    doctor,
    evaluate,
    explain,
    info,
    networks,
    predict,
    recipes,
    report,
    split,
    train,
)
from hilum.errors import HilumError

__all__ = ["app", "main"]

INTERRUPTED = 130
"""128 + SIGINT, as shells have it."""

app = typer.Typer(
    name="hilum",
    help="From a folder of chest CT slices to a fine-tuned network, honest figures, heatmaps and "
    "a report. Research use only; not a medical device.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

app.command("demo")(demo.command)
app.add_typer(data.app, name="data")
app.command("split")(split.command)
app.command("train")(train.command)
app.command("evaluate")(evaluate.command)
app.command("explain")(explain.command)
app.command("report")(report.command)
app.command("predict")(predict.command)
app.command("info")(info.command)
app.command("networks")(networks.command)
app.command("recipes")(recipes.command)
app.command("doctor")(doctor.command)


def _show_version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        typer.echo(f"hilum {version('hilum')}")
        raise typer.Exit


@app.callback()
def everything(
    debug: Annotated[
        bool, typer.Option("--debug", help="Show the traceback of an error too.")
    ] = False,
    version: Annotated[
        bool,
        typer.Option(
            "--version", help="Print the version and stop.", callback=_show_version, is_eager=True
        ),
    ] = False,
) -> None:
    """Options before the command; `main` looks at --debug itself."""


def main() -> None:
    """Run the command line; errors of hilum's tree become one sentence and an exit code."""
    debug = "--debug" in sys.argv[1:2]
    try:
        app()
    except HilumError as error:
        if debug:
            raise
        _tell(str(error))
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        if debug:
            raise
        _tell("stopped.")
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)


def _tell(sentence: str) -> None:
    """Say one thing on stderr; of several processes only the first speaks."""
    if os.environ.get("RANK", "0") == "0":
        typer.echo(f"hilum: {sentence}", err=True)
