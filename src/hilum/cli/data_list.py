"""hilum data list."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

import typer

from hilum.cli.cache import in_bytes

__all__ = ["command", "size_of"]


def command(
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List the sources with contents, owner, size, terms of use and known pitfalls.

    Those that can be fetched come first (see `hilum data fetch`); all can be used in a build.
    """
    from hilum.catalogue.collections import known_collections
    from hilum.cli.show import print_json

    collections = known_collections().values()
    if json:
        print_json([{**asdict(known), "fetchable": bool(known.parts)} for known in collections])
        return
    for known in collections:
        typer.echo(f"{known.name}: {known.title}")
        for key, text in _facts(asdict(known)):
            typer.echo(f"    {key + ':':7} {text}")


def _facts(row: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the lines about a collection."""
    facts = [("holds", row["holds"]), ("whose", row["owner"] if row["citation"] else "")]
    if row["parts"]:
        facts.append(("size", size_of(row["bytes_to_fetch"], row["bytes_on_disk"])))
        facts.append(("fetch", f"hilum data fetch {row['name']} --out {row['name']}"))
        facts.append(("page", row["page"]))
    facts += [("cite", row["citation"]), ("terms", row["terms"])]
    return [fact for fact in facts if fact[1]] + [("mind", trap) for trap in row["traps"]]


def size_of(fetch: int, disk: int) -> str:
    """Return the size to fetch and on the disk in words; 0: not known."""
    if not fetch:
        return "not published; queried before anything is fetched (--dry-run)"
    return f"{in_bytes(fetch)} to fetch, {in_bytes(disk)} on disk"
