"""Writes docs/reference: commands.md, networks.md, and every argument in python.md.

They are made of the commands' own help, of the networks, and of signatures and docstrings.
Pages may be named (`write_reference.py commands python`): that of the networks builds all of them,
which takes a minute.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

import hilum
from hilum.catalogue.networks import known_networks
from hilum.cli.app import app
from hilum.steps.networks import describe_cuts

__all__ = ["NETWORKS", "PAGE", "PYTHON", "commands", "networks", "python", "reference"]

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "commands.md"
NETWORKS = PAGE.with_name("networks.md")
PYTHON = PAGE.with_name("python.md")

DETAILS = """\
## Every argument, and what comes back

Written by `make docs` from signatures and docstrings; do not edit it by hand. `help(hilum.train)`
shows the same. Names without a default are required; those after `*` are given by name.
"""
"""Where the generated part of the page on Python begins."""

WIDTH = 80
"""Columns of the help texts, whatever terminal this runs in: the page must not depend on it."""

OPENING = """\
# Commands

Written by `make docs` from each command's own `--help`; do not edit it by hand.
Exit codes, and what a refusal looks like: [When hilum says no](../how-to/errors.md).
"""


NETWORKS_OPENING = """\
# Networks

Written by `make docs` from the networks themselves; do not edit it by hand. `hilum networks --cuts`
prints the same.

For each network of the paper, what its recipes freeze and train when they begin with ImageNet
weights. A recipe called `paper/...` cuts where the published code cuts, by count of Keras layers,
which is inside a block for five of the nine; a tuned one cuts at the nearest clean boundary. From
random weights the whole network is trained, whatever the recipe.

**Trained from** is timm's path of the first trained module; **and** names modules before it that
are trained too, where the cut runs across branches. **Layers** are convolutions, dense layers and
normalisations (a separable convolution is two). **Multiply-adds** are those of one slice forward,
at the recipe's input size. The three counts are of the backbone without its head: trained, of all,
share.

| recipe | timm | input | trained from | layers | parameters | multiply-adds |
|---|---|---|---|---|---|---|
"""

TOTALS_OPENING = """
## Totals

With the paper's head, as Keras counts: running statistics of batch norm included. Where timm's
network is not Keras', the difference is listed, and why.

| network | published code | here | difference |
|---|---|---|---|
"""

BECAUSE = {
    "inceptionv3": "timm's batch norm has a scale, Keras' has none",
    "inceptionresnetv2": "timm's batch norm has a scale, Keras' has none",
    "resnet50": "Keras' convolutions have a bias, timm's have none",
    "resnet101": "Keras' convolutions have a bias, timm's have none",
}
"""Why a total is not that of the published code; a test holds the numbers."""


def networks() -> str:
    """Return the page on the paper's networks: what each recipe trains, and totals."""
    rows = {row["recipe"]: row for row in describe_cuts()}
    lines = [cut_line(row) for row in rows.values()]
    totals = []
    for name, known in known_networks().items():
        published, here = known.keras_parameters, rows[f"paper/{name}"]["total"]
        why = f"{here - published:+,}: {BECAUSE[name]}" if here != published else "none"
        totals.append(f"| {known.title} | {published:,} | {here:,} | {why} |")
    return NETWORKS_OPENING + "\n".join(lines) + "\n" + TOTALS_OPENING + "\n".join(totals) + "\n"


def cut_line(row: dict[str, Any]) -> str:
    """Return one recipe's line of the table."""
    also = ", ".join(f"`{path}`" for path in row["also_train"])
    start = f"`{row['train_from']}`" + (f" and {also}" if also else "")
    counts = " | ".join(
        f"{row[f'trained_{what}']:,} of {row[what]:,} ({row[f'trained_{what}'] / row[what]:.1%})"
        for what in ("layers", "parameters", "macs")
    )
    return f"| `{row['recipe']}` | `{row['backbone']}` | {row['size']} | {start} | {counts} |"


def python() -> str:
    """Return the page on Python: its hand-written beginning, then every public name in full."""
    written = PYTHON.read_text(encoding="utf-8").partition(DETAILS.partition("\n")[0])[0]
    parts = [written.rstrip() + "\n", DETAILS]
    for name in hilum.__all__:
        value = getattr(hilum, name)
        text = inspect.cleandoc(value.__doc__ or "")
        parts.append(f"### {name}\n\n```text\n{_signature(name, value)}\n\n{text}\n```\n")
    return "\n".join(parts)


def _signature(name: str, value: Any) -> str:
    """Return a signature with one argument a line; of an exception, its name."""
    if isinstance(value, type) and issubclass(value, Exception):
        return name
    written = inspect.signature(value)
    lines, keywords = [], False
    for parameter in written.parameters.values():
        if parameter.kind is parameter.KEYWORD_ONLY and not keywords:
            lines, keywords = [*lines, "    *,"], True
        lines.append(f"    {parameter},")
    returned = written.return_annotation
    arrow = "" if returned in (inspect.Signature.empty, None) else f" -> {returned!r}"
    return "\n".join([f"{name}(", *lines, f"){arrow}"])


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


def main(names: list[str]) -> None:
    """Write the pages of these names, or all of them."""
    pages = {
        "commands": (PAGE, reference), "python": (PYTHON, python), "networks": (NETWORKS, networks),
    }  # fmt: skip
    for name in names or pages:
        file, written = pages[name]
        file.write_text(written(), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
