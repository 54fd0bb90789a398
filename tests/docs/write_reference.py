"""Writes docs/reference/commands.md from the help of the commands themselves."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from hilum.cli.app import app

__all__ = ["PAGE", "commands", "reference"]

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "commands.md"

WIDTH = 80
"""Columns of the help texts, whatever terminal this runs in: the page must not depend on it."""

OPENING = """\
# Commands

Written by `make docs` from each command's own `--help`; do not edit it by hand.
Exit codes, and what a refusal looks like: [When hilum says no](../how-to/errors.md).
"""


def commands() -> list[str]:
    """Return every command as it is typed, such as `hilum data build`, groups before theirs."""
    return [name for name, _ in _walk(typer.main.get_command(app), "hilum", None)]


def reference() -> str:
    """Return the page: each command's name and help."""
    parts = [OPENING]
    for name, text in _walk(typer.main.get_command(app), "hilum", None):
        parts.append(f"## {name}\n\n```text\n{text}\n```\n")
    return "\n".join(parts)


def _walk(command: Any, name: str, parent: Any) -> Iterator[tuple[str, str]]:
    """Yield name and help of a command and of those below it."""
    context = command.make_context(
        name.rpartition(" ")[2], [], parent=parent, resilient_parsing=True, terminal_width=WIDTH
    )
    lines = command.get_help(context).splitlines()
    yield name, "\n".join(line.rstrip() for line in lines)
    for below, child in getattr(command, "commands", {}).items():
        yield from _walk(child, f"{name} {below}", context)


def main() -> None:
    """Write the page."""
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(reference(), encoding="utf-8")


if __name__ == "__main__":
    main()
