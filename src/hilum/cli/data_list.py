"""hilum data list."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

import typer

from hilum.cli.cache import in_bytes

__all__ = ["command", "size_of"]


def command(
    json: Annotated[bool, typer.Option("--json", help="For a program to read.")] = False,
) -> None:
    """List the sources: what they hold, whose, how large, on which terms, and their traps.

    Those that can be fetched come first (see `hilum data fetch`); all can be built from.
    """
    from hilum.catalogue.collections import known_collections
    from hilum.cli.show import print_json

    collections = known_collections().values()
    if json:
        print_json([{**asdict(one), "fetchable": bool(one.parts)} for one in collections])
        return
    for one in collections:
        typer.echo(f"{one.name}: {one.title}")
        for key, text in _facts(asdict(one)):
            typer.echo(f"    {key + ':':7} {text}")


def _facts(one: dict[str, Any]) -> list[tuple[str, str]]:
    """Return what is said of a collection, line by line."""
    facts = [("holds", one["holds"]), ("whose", one["owner"] if one["citation"] else "")]
    if one["parts"]:
        facts.append(("size", size_of(one["bytes_to_fetch"], one["bytes_on_disk"])))
        facts.append(("fetch", f"hilum data fetch {one['name']} --out {one['name']}"))
        facts.append(("page", one["page"]))
    facts += [("cite", one["citation"]), ("terms", one["terms"])]
    return [fact for fact in facts if fact[1]] + [("mind", trap) for trap in one["traps"]]


def size_of(fetch: int, disk: int) -> str:
    """Return the size to fetch and on the disk in words; 0: not known."""
    if not fetch:
        return "not published; asked of the server before anything is fetched (--dry-run)"
    return f"{in_bytes(fetch)} to fetch, {in_bytes(disk)} on disk"
