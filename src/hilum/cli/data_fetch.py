"""hilum data fetch."""

from __future__ import annotations

import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hilum.cli.cache import in_bytes
from hilum.cli.data_list import size_of

if TYPE_CHECKING:
    from hilum.catalogue.collections import KnownCollection
    from hilum.fetch import FetchOptions

__all__ = ["command"]


def command(
    name: Annotated[str, typer.Argument(help="A collection; see `hilum data list`.")],
    out: Annotated[Path, typer.Option(help="Target folder.")],
    patients: Annotated[
        int | None,
        typer.Option(min=1, help="lung-pet-ct-dx: number of patients; the paper has 101."),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the draw of patients.")] = 0,
    also: Annotated[
        list[str] | None,
        typer.Option(
            metavar="pet|fused",
            help="lung-pet-ct-dx: also PET series, or PET painted over CT (repeatable).",
        ),
    ] = None,
    server: Annotated[
        str, typer.Option("--from", metavar="URL", help="Another server with the same files.")
    ] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Accept the collection's terms.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print what would be fetched, and exit.")
    ] = False,
    keep_archives: Annotated[
        bool, typer.Option("--keep-archives", help="Keep archives after unpacking.")
    ] = False,
    side_by_side: Annotated[
        int, typer.Option(min=1, max=32, help="Files fetched in parallel.")
    ] = 8,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Fetch a collection, or resume or repair an earlier fetch.

    Every file is checked, and only missing or different files are downloaded: after an interruption
    the same command resumes. The terms of use are shown first and stored in SOURCE.md, checksums in
    CHECKSUMS.sha256. Needs urllib3: pip install 'hilum[fetch]'.
    """
    from hilum.cli.show import progress_shown
    from hilum.fetch import FetchOptions
    from hilum.fetch.listing import find_collection

    known = find_collection(name)
    options = FetchOptions(
        patients=patients, seed=seed, also=tuple(dict.fromkeys(also or ())), server=server,
        keep_archives=keep_archives, side_by_side=side_by_side,
    )  # fmt: skip
    _show_terms(known, options)
    accepted = yes or dry_run or _accept()
    with progress_shown() as progress:
        options = replace(options, progress=progress)
        if dry_run:
            content = _plan(name, out, options)
        else:
            content = _fetch(name, out, options, accepted=accepted)
    _print(content, json=json)


def _show_terms(known: KnownCollection, options: FetchOptions) -> None:
    """Print title, owner, size and terms; on stderr, like everything but the result."""
    from hilum.fetch.listing import expect

    expected = expect(known, options)
    for key, text in (
        (known.name, known.title), ("holds", expected.selection), ("whose", known.owner),
        ("size", size_of(expected.bytes_to_fetch, expected.bytes_on_disk)), ("page", known.page),
        ("cite", known.citation), ("terms", known.terms),
    ):  # fmt: skip
        typer.echo(f"{key + ':':{0 if key == known.name else 7}} {text}", err=True)


def _accept() -> bool:
    """Ask whether the terms are accepted, if the terminal is interactive."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return False
    return typer.confirm("Do you accept these terms?", err=True)


def _plan(name: str, out: Path, options: FetchOptions) -> dict[str, Any]:
    """Return the plan of the fetch."""
    from hilum.fetch import plan_fetch

    return {"planned": True, **asdict(plan_fetch(name, out=out, options=options))}


def _fetch(name: str, out: Path, options: FetchOptions, *, accepted: bool) -> dict[str, Any]:
    """Fetch, and return the result."""
    from hilum.fetch import fetch_collection

    done = asdict(fetch_collection(name, out=out, accept_terms=accepted, options=options))
    return {**done, "folder": str(done["folder"]), "build_from": str(done["build_from"])}


def _print(done: dict[str, Any], *, json: bool) -> None:
    """Print the plan or the result."""
    from hilum.cli.show import next_step, print_json

    if json:
        print_json(done)
        return
    files, size = f"{done['files']:,} files", in_bytes(done["size"])
    if done.get("planned"):
        typer.echo(f"{done['collection']}: {files}, {size}; {in_bytes(done['left'])} left to fetch")
        typer.echo(f"needs {in_bytes(done['disk'])} of free disk while it runs")
        return
    for note in done["notes"]:
        typer.echo(note, err=True)
    typer.echo(f"{done['folder']}: {files}, {size}, all checked; {done['brought']:,} were fetched")
    if done["unproven"]:
        typer.echo(f"no checksum is published for {done['unproven']:,} of them")
    build = f"{done['collection']}={done['build_from']}"
    typer.echo(next_step("data", "build", build, "--out", "slices.csv"))
