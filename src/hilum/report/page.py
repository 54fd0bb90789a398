"""A page: one self-contained HTML file out of a template, style sheets and figures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import resources
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from hilum.report.canvas import inline
from hilum.report.numbers import counted, decimals, duration, fixed, interval, known, whole
from hilum.report.run.figures import Drawing

__all__ = ["fill_page"]


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
    environment = Environment(
        loader=PackageLoader("hilum.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    numbers = {
        "counted": counted, "decimals": decimals, "duration": duration, "fixed": fixed,
        "interval": interval, "whole": whole,
    }  # fmt: skip
    environment.filters.update({**numbers, **filters})
    environment.tests["known"] = known
    folder = resources.files("hilum.report").joinpath("templates")
    sheets = [folder.joinpath(f"{name}.css").read_text(encoding="utf-8") for name in styles]
    return environment.get_template(template).render(
        css=Markup("\n".join(sheets)),
        figures={name: inline(d.svg, name, d.description) for name, d in figures.items()},
        **content,
    )
