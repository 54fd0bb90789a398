"""A notebook as a page of the site: its words, its code, and what its cells show."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

__all__ = ["write_notebook_page"]

PICTURES = {"image/png": "png", "image/svg+xml": "svg"}


def write_notebook_page(notebook: Path) -> Path:
    """Write the page next to a notebook, as Markdown, with its pictures; return the page.

    Of a cell's outputs the richest form is shown: picture, HTML, else text.
    """
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    parts = [piece for number, cell in enumerate(cells) for piece in _cell(notebook, number, cell)]
    opening = f"This page is the notebook [{notebook.name}]({notebook.name}), with its outputs."
    parts.insert(1, opening)
    page = notebook.with_suffix(".md")
    page.write_text("\n\n".join(parts) + "\n", encoding="utf-8")
    return page


def _cell(notebook: Path, number: int, cell: dict[str, Any]) -> Iterator[str]:
    """Yield the Markdown of a cell and of its outputs."""
    source = "".join(cell["source"])
    if cell["cell_type"] == "markdown":
        title, _, rest = source.partition("\n") if number == 0 else ("", "", source)
        yield from filter(None, (title, rest.strip()))
        return
    yield f"```python\n{source}\n```"
    for count, output in enumerate(cell["outputs"]):
        yield _output(notebook.with_name(f"{notebook.stem}-{number}-{count}"), output)


def _output(picture: Path, output: dict[str, Any]) -> str:
    """Return the Markdown of an output; a picture is written under its name."""
    forms = {kind: "".join(lines) for kind, lines in output.get("data", {}).items()}
    for kind, suffix in PICTURES.items():
        if kind in forms:
            content = forms[kind].encode()
            file = picture.with_suffix(f".{suffix}")
            file.write_bytes(base64.b64decode(content) if suffix == "png" else content)
            return f"![What the cell above shows]({file.name})"
    if "text/html" in forms:
        table = re.sub(r"<table [^>]*>", "<table>", forms["text/html"])  # the look of the site
        return "\n".join(line for line in table.splitlines() if line.strip())
    text = forms.get("text/plain") or "".join(output.get("text", ""))
    return f"```text\n{text.rstrip()}\n```"
