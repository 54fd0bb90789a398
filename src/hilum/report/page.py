"""A page: one self-contained HTML file out of a template, style sheets and figures."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from hilum.report.canvas import Drawing, inline
from hilum.report.numbers import counted, decimals, duration, fixed, interval, known, thousands

__all__ = ["coded", "fill_page", "read_picture"]

LARGEST_PICTURE = 4 * 2**20
"""Bytes; a larger picture is named but not put into the page, which must open on a phone."""

_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def fill_page(
    template: str,
    content: Mapping[str, Any],
    figures: Mapping[str, Drawing],
    *,
    styles: tuple[str, ...],
    filters: Mapping[str, Callable[..., Any]],
) -> str:
    """Return the filled template; what it names and nobody gives is an error.

    Args:
        template: its file name; it gets `css`, `figures` and all of `content`.
        content: names and values.
        figures: inlined under their names, each with its description.
        styles: names of style sheets without suffix, in their order.
        filters: further ones than those for numbers.
    """
    folder = resources.files("hilum.report").joinpath("templates")
    sheets = [folder.joinpath(f"{name}.css").read_text(encoding="utf-8") for name in styles]
    return (
        _environment(tuple(filters.items()))
        .get_template(template)
        .render(
            css=Markup("\n".join(sheets)),
            figures={name: inline(d.svg, name, d.description) for name, d in figures.items()},
            **content,
        )
    )


@cache
def _environment(filters: tuple[tuple[str, Callable[..., Any]], ...]) -> Environment:
    """Return what templates are filled in: compiling one takes longer than filling it."""
    environment = Environment(
        loader=PackageLoader("hilum.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    numbers = {
        "coded": coded, "counted": counted, "decimals": decimals, "duration": duration,
        "fixed": fixed, "interval": interval, "thousands": thousands,
    }  # fmt: skip
    environment.filters.update({**numbers, **dict(filters)})
    environment.tests["known"] = known
    return environment


def coded(sentence: str) -> Markup:
    """Return a sentence, escaped, in which what stands between backticks is set as code."""
    pieces = [escape(piece) for piece in sentence.split("`")]
    if len(pieces) % 2 == 0:  # a backtick without its pair is a character
        return escape(sentence)
    return Markup("").join(
        Markup("<code>{}</code>").format(piece) if index % 2 else piece
        for index, piece in enumerate(pieces)
    )


def read_picture(name: str, folder: Path) -> tuple[str, str]:
    """Return a PNG below `folder` as a data URI and an empty text, or no data and the reason."""
    path = (folder / name).resolve()
    if not name or not path.is_relative_to(folder.resolve()) or not path.is_file():
        return "", "The picture is missing from the run folder."
    if path.stat().st_size > LARGEST_PICTURE:
        return "", f"The picture is too large for this page; it lies in the run folder at {name}."
    content = path.read_bytes()
    if not content.startswith(_PNG_SIGNATURE):
        return "", "The picture is not a PNG file."
    return f"data:image/png;base64,{base64.b64encode(content).decode('ascii')}", ""
