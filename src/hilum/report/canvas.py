"""One way to draw: a matplotlib figure becomes an SVG file, and an SVG inside a page.

Text stays text (read aloud, searched, sharp at any size); it is measured with the wide DejaVu
Sans, so that whatever font the reader has fits into the room that was left for it.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

import matplotlib as mpl
from markupsafe import Markup, escape
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

__all__ = [
    "FAINT",
    "INK",
    "NETWORK",
    "ON_NETWORK",
    "PROBE",
    "RULE",
    "SERIES",
    "Drawing",
    "draw",
    "inline",
    "plain",
]

PAPER = "#ffffff"
INK = "#1a2230"
FAINT = "#5d6878"
RULE = "#d9dee5"
NETWORK = "#0a5ea8"  # blue and vermilion: distinct for every common colour vision (Okabe & Ito)
PROBE = "#b9480a"
ON_NETWORK = "#fdfdfd"  # text upon a full NETWORK area, in either scheme
SERIES = (
    "#332288",
    "#2b87ba",
    "#117733",
    "#a98b1f",
    "#aa4499",
    "#cc5566",
    "#2a9387",
    "#882255",
    "#6f7a1e",
)
"""Of several networks in one figure, after Tol's muted scheme, darkened to 3:1 on white; nobody
tells nine colours apart everywhere, so each goes with a marker or a label of its own."""

_CSS_NAMES = {
    PAPER: "--paper",
    INK: "--ink",
    FAINT: "--faint",
    RULE: "--rule",
    NETWORK: "--network",
    PROBE: "--probe",
    ON_NETWORK: "--on-network",
    **{colour: f"--series-{number}" for number, colour in enumerate(SERIES, start=1)},
}
"""What each colour is called in report.css, the series in series.css, so that a figure in the
page follows its scheme."""

_FONTS = "system-ui, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"

_SETTINGS: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "hilum",  # equal input, equal file
    "font.family": "DejaVu Sans",
    "font.size": 10.0,
    "text.color": INK,
    "axes.edgecolor": RULE,
    "axes.labelcolor": FAINT,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.unicode_minus": True,
    "xtick.color": RULE,
    "ytick.color": RULE,
    "xtick.labelcolor": FAINT,
    "ytick.labelcolor": FAINT,
    "grid.color": RULE,
    "grid.linewidth": 0.6,
    "legend.facecolor": PAPER,
    "legend.edgecolor": "none",
    "legend.framealpha": 0.85,
    "lines.linewidth": 1.8,
}


class Drawing(NamedTuple):
    """A figure as SVG text, and in words for who can't see it."""

    svg: str
    description: str


def draw(size: tuple[float, float], paint: Callable[[Figure], None]) -> str:
    """Return the SVG text of a figure of `size` (width, height in inches) that `paint` fills.

    The same input gives the same text. matplotlib's settings are changed only for the while.
    """
    buffer = io.StringIO()
    with mpl.rc_context(_SETTINGS), warnings.catch_warnings():
        # a letter that DejaVu Sans lacks is drawn by the reader's own font
        warnings.filterwarnings("ignore", message="Glyph .* missing from", category=UserWarning)
        figure = Figure(figsize=size, layout="constrained", facecolor=PAPER)
        FigureCanvasSVG(figure)
        paint(figure)
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    return re.sub(r"'DejaVu Sans'", _FONTS, buffer.getvalue())


def plain(axes: Axes) -> None:
    """Keep every text of `axes` from being read as mathematics: names may hold dollar signs."""
    legend = axes.get_legend()
    for text in [
        *axes.texts,
        *axes.get_xticklabels(),
        *axes.get_yticklabels(),
        *(legend.get_texts() if legend else []),
    ]:
        text.set_parse_math(False)


def inline(svg: str, name: str, description: str) -> Markup:
    """Return `svg` as an element of an HTML page.

    Its ids get the prefix `name`, so that figures don't meet in one page; its colours become
    those of report.css; nothing in it refers outside.

    Args:
        svg: what `draw` gave.
        name: a word of letters, unique in the page.
        description: alternative text of the figure.
    """
    body = re.sub(
        r"<!--.*?-->|<metadata>.*?</metadata>|<\?xml.*?\?>|<!DOCTYPE.*?>", "", svg, flags=re.S
    )
    opening = Markup('<svg viewBox="\\1" role="img" aria-label="{}">').format(
        description.replace("\\", "\\\\")
    )
    body = re.sub(r'<svg\b[^>]*?viewBox="([^"]*)"[^>]*>', opening, body, count=1)
    body = re.sub(r'\bid="', f'id="{escape(name)}-', body)
    body = body.replace('href="#', f'href="#{name}-').replace("url(#", f"url(#{name}-")
    for colour, css_name in _CSS_NAMES.items():
        body = body.replace(colour, f"var({css_name})")
    return Markup(body.strip())
