"""hilum serve."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hilum.cli.options import EngineName

if TYPE_CHECKING:
    from hilum.server.serve import Address

__all__ = ["command"]

MIB = 2**20


def command(
    runs: Annotated[
        list[Path],
        typer.Argument(metavar="RUN...", help="Run folders, or files of `hilum export`."),
    ],
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on; 0: any free one.")] = 8000,
    name: Annotated[
        list[str] | None,
        typer.Option(help="Host name that clients use, besides localhost and addresses."),
    ] = None,
    token: Annotated[
        str,
        typer.Option(
            envvar="HILUM_SERVE_TOKEN",
            show_envvar=True,
            help="What clients must send; default: none on loopback, a random one elsewhere.",
        ),
    ] = "",
    workers: Annotated[int, typer.Option(help="Processes that decode and compute.")] = 2,
    engine: EngineName = "auto",
    dicomweb: Annotated[
        bool,
        typer.Option(
            "--dicomweb",
            help="Take studies by STOW-RS and give results by WADO-RS below /dicomweb, too; needs "
            "the extra `dicom`. All clients see the same studies there.",
        ),
    ] = False,
    memory: Annotated[int, typer.Option(help="MiB that one file may take.")] = 2048,
) -> None:
    """Answer over HTTP, with a page to look at slices; needs the extra `serve`.

    Listens on this machine alone, unless --host says otherwise: then clients need a token, which
    is printed. Ctrl-C ends it. Research use only.
    """
    from hilum.server import Limits, ServeOptions, serve

    options = ServeOptions(
        host=host, port=port, names=tuple(name or ()), token=token, workers=workers,
        engine=engine, limits=Limits(memory_bytes=memory * MIB), dicomweb=dicomweb,
    )  # fmt: skip
    _log_to_stderr()
    serve(runs, options=options, on_ready=_print)


def _print(address: Address) -> None:
    """Print where the page is."""
    typer.echo(f"hilum serves {address.page}")
    typer.echo("Research use only. Ctrl-C ends it.")


def _log_to_stderr() -> None:
    """Show the server's log: routes, statuses and times; no names, ids or parameters."""
    logger = logging.getLogger("hilum.server")
    if not logger.handlers:
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
        logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    logger.propagate = False
