"""The command `hilum`: its sub-commands and the handling of errors."""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from hilum.cli import (
    audit,
    cache,
    compare,
    data,
    demo,
    doctor,
    ensemble,
    evaluate,
    explain,
    export,
    figure,
    info,
    networks,
    predict,
    random_labels,
    recipes,
    report,
    sanity,
    serve,
    split,
    train,
    tune,
)
from hilum.cli.log_file import SCREEN, ScreenOptions
from hilum.cli.screen import escape_output
from hilum.errors import HilumError
from hilum.processes import is_first_process

__all__ = ["app", "main"]

INTERRUPTED = 130
"""128 + SIGINT, as in shells."""

EXTRAS = {
    "predict": {"onnxruntime"},
    "analysis": {
        "cv2", "jinja2", "matplotlib", "nibabel", "openpyxl", "scipy", "sklearn", "threadpoolctl",
    },
    "train": {"torch", "torchvision", "timm", "accelerate", "safetensors", "onnx"},
    "fetch": {"urllib3", "filelock"},
    "serve": {"fastapi", "starlette", "uvicorn", "python_multipart"},
    "dicom": {"highdicom", "dicomanonymizer"},
}  # fmt: skip
"""Extra -> its packages, which the base installation lacks; extras may share packages."""

OUTPUT_REFUSED = {errno.EPIPE, errno.ENOSPC, errno.EIO}
"""Errors of stdout itself: its reader is gone, or its disk is full or broken."""

app = typer.Typer(
    name="hilum",
    help="From a folder of chest CT slices to a fine-tuned network, honest metrics, heatmaps and "
    "a report. Research use only; not a medical device.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

app.command("demo")(demo.command)
app.add_typer(data.app, name="data")
app.command("split")(split.command)
app.command("train")(train.command)
app.command("tune")(tune.command)
app.command("evaluate")(evaluate.command)
app.command("explain")(explain.command)
app.command("figure")(figure.command)
app.command("export")(export.command)
app.command("ensemble")(ensemble.command)
app.command("audit")(audit.command)
app.command("sanity")(sanity.command)
app.command("report")(report.command)
app.command("compare")(compare.command)
app.command("random-labels")(random_labels.command)
app.command("predict")(predict.command)
app.command("serve")(serve.command)
app.command("info")(info.command)
app.command("networks")(networks.command)
app.command("recipes")(recipes.command)
app.command("doctor")(doctor.command)
app.command("cache")(cache.command)


def _show_version(requested: bool) -> None:
    if requested:
        from importlib.metadata import version

        typer.echo(f"hilum {version('hilum')}")
        raise typer.Exit


@app.callback()
def everything(
    debug: Annotated[
        bool, typer.Option("--debug", help="Show the traceback of an error too.")
    ] = False,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Show results, notes and errors, no progress.")
    ] = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Show progress every second, with the time.")
    ] = False,
    log_file: Annotated[
        Path | None,
        typer.Option(help="Append progress and errors to this file, with date and time."),
    ] = None,
    version: Annotated[
        bool,
        typer.Option(
            "--version", help="Print the version and exit.", callback=_show_version, is_eager=True
        ),
    ] = False,
) -> None:
    """Options before the command; `main` handles --debug itself."""
    if quiet and verbose:
        raise typer.BadParameter("--quiet and --verbose exclude each other.")
    SCREEN.set(ScreenOptions(quiet, verbose, log_file))


def main() -> None:
    """Run the command line; errors of hilum's tree become one sentence and an exit code."""
    debug = "--debug" in sys.argv[1:2]
    escape_output()
    try:
        try:
            app(prog_name="hilum")
        finally:
            sys.stdout.flush()
    except SystemExit as stop:
        if stop.code == INTERRUPTED:
            _print_error("stopped.")
        raise
    except (HilumError, ModuleNotFoundError, OSError) as error:
        sentence, code = _sentence_and_code(error)
        if debug or not code:
            raise
        if sentence:
            _print_error(sentence)
        sys.exit(code)


def _sentence_and_code(error: Exception) -> tuple[str, int]:
    """Return the message and exit code for an error; code 0 if the error is a bug."""
    if isinstance(error, HilumError):
        return str(error), error.exit_code
    if isinstance(error, ModuleNotFoundError):
        for extra, packages in EXTRAS.items():
            if error.name in packages:
                return _install_extra(error.name, extra), 1
    if isinstance(error, OSError) and error.errno in OUTPUT_REFUSED and error.filename is None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nothing more to write
        gone = error.errno == errno.EPIPE  # as after `| head`: there is no reader left
        return "" if gone else f"the output can't be written: {error.strerror}.", 1
    return "", 0


def _install_extra(package: str, extra: str) -> str:
    """Return the message for a package that an extra installs."""
    also = ", or 'hilum[train]' to train as well" if extra == "analysis" else ""
    return f"this needs {package}, which is not installed: pip install 'hilum[{extra}]'{also}."


def _print_error(sentence: str) -> None:
    """Print one sentence on stderr."""
    if is_first_process():
        typer.echo(f"hilum: {sentence}", err=True)
