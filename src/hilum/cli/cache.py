"""hilum cache."""

from __future__ import annotations

from typing import Annotated, Any

import typer

__all__ = ["command", "in_bytes"]

UNITS = ("B", "kB", "MB", "GB", "TB")


def command(
    clear: Annotated[
        bool, typer.Option("--clear", help="Remove everything that no process has in use.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="For a program to read.")] = False,
) -> None:
    """Show what the cache holds, or empty it.

    It holds decoded slices, so that no file is decoded twice; everything in it can be recomputed.
    HILUM_CACHE sets its folder (`off`: no cache), HILUM_CACHE_LIMIT its maximum size, such as 20GB;
    the least recently used entries are removed first.
    """
    from hilum.cli.show import print_json
    from hilum.storage.cache import clear_cache
    from hilum.storage.cache_summary import describe_cache

    freed = clear_cache() if clear else None
    content = describe_cache()
    if json:
        print_json(content if freed is None else {"freed": freed, **content})
        return
    if freed is not None:
        typer.echo(f"{in_bytes(freed)} freed")
    _print(content)


def in_bytes(size: float) -> str:
    """Return a size in the largest unit that leaves a number of at least one: "1.2 GB"."""
    unit = 0
    while size >= 999.5 and unit < len(UNITS) - 1:
        size, unit = size / 1000, unit + 1
    return f"{size:.{0 if unit == 0 or size >= 99.95 else 1}f} {UNITS[unit]}"


def _print(content: dict[str, Any]) -> None:
    """Print place, limit and size, and a line for each kind of entry."""
    if content["place"] is None:
        typer.echo("place    off: everything is computed again each time")
        return
    refused = "" if content["writable"] else " (not writable: nothing is cached)"
    typer.echo(f"place    {content['place']}{refused}")
    typer.echo(f"limit    {in_bytes(content['limit'])}")
    typer.echo(f"size     {in_bytes(content['size'])} in {_counted(content['entries'])}")
    for kind, own in content["kinds"].items():
        held = f", {own['in_use']} in use" if own["in_use"] else ""
        size, entries = in_bytes(own["size"]), _counted(own["entries"])
        typer.echo(f"  {kind:14} {size:>8} in {entries}{held}; last used {own['used']}")


def _counted(entries: int) -> str:
    return f"{entries} {'entry' if entries == 1 else 'entries'}"
