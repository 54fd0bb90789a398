"""Figures of an audit: attributes by utility and detectability, probes next to the headline AUC."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hilum.report.canvas import FAINT, INK, NETWORK, PROBE, Drawing, draw, plain
from hilum.report.numbers import known

__all__ = ["audit_drawings"]

Content = Mapping[str, Any]

MOST_NAMED = 7
"""Attributes that are named in the figure; the table names all."""
CHANCE = 0.5
APART = 0.055
"""Least distance of two names in the figure, of its height."""
BESIDE = 0.12
"""How far to the right of the rightmost point the names stand, in units of utility."""


def audit_drawings(content: Content, titles: Mapping[str, str]) -> dict[str, Drawing]:
    """Return the figures by name.

    Args:
        content: of audit.json.
        titles: what the probes are called.
    """
    checks, found = content["checks"], {}
    ranked = checks["attributes"].get("ranked") or []
    plotted = [row for row in ranked if known(row["detectability"])]
    if plotted:
        found["attributes"] = Drawing(_attributes(plotted), _attributes_described(plotted))
    for name in ("probes", "run"):
        if known(checks.get(name, {}).get("headline", {}).get("value")):
            bars = _bars(checks[name], titles)
            found[name] = Drawing(_intervals(bars), _bars_described(bars))
    return found


def _attributes(rows: Sequence[Content]) -> str:
    """Draw each attribute at its utility and detectability; those that tell are named first."""

    def paint(figure: Figure) -> None:
        axes = figure.add_subplot()
        for row in reversed(rows):
            colour = PROBE if row["tells"] else FAINT
            axes.plot(row["utility"], row["detectability"], "o", color=colour, markersize=7,
                      alpha=0.85, markeredgewidth=0)  # fmt: skip
        _name_points(axes, rows[:MOST_NAMED])
        axes.set(xlim=(-0.03, 1.42), ylim=(-0.04, 1.06),
                 xlabel="utility: what it reveals about the label",
                 ylabel="detectability: what the features reveal about it")  # fmt: skip
        axes.set_xticks([0, 0.25, 0.5, 0.75, 1])
        axes.spines["bottom"].set_bounds(0, 1)
        axes.grid(axis="both")
        axes.set_axisbelow(True)
        plain(axes)

    return draw((6.4, 4.2), paint)


def _name_points(axes: Axes, rows: Sequence[Content]) -> None:
    """Write the names in a column to the right of all points, each with a line to its point."""
    ordered = sorted(rows, key=lambda row: -row["detectability"])
    left = max(row["utility"] for row in rows) + BESIDE
    heights = _spread([row["detectability"] for row in ordered])
    for row, height in zip(ordered, heights, strict=True):
        ends = [row["utility"], left - 0.01], [row["detectability"], height]
        axes.plot(*ends, color=FAINT, linewidth=0.6, alpha=0.6, zorder=1)
        colour = INK if row["tells"] else FAINT
        axes.text(left, height, row["name"], fontsize=8.5, color=colour, va="center")


def _spread(heights: Sequence[float]) -> list[float]:
    """Return descending heights at least APART from each other, none below 0, as near as may be."""
    spread: list[float] = []
    for height in heights:
        spread.append(min([height, *(other - APART for other in spread[-1:])]))
    lowest = 0.0
    for index in range(len(spread) - 1, -1, -1):
        spread[index] = max(spread[index], lowest)
        lowest = spread[index] + APART
    return spread


def _attributes_described(rows: Sequence[Content]) -> str:
    description = "; ".join(
        f"{row['name']} utility {row['utility']:.2f}, detectability {row['detectability']:.2f}"
        for row in rows[:MOST_NAMED]
    )
    return f"Attributes by utility and detectability: {description}."


def _bars(check: Content, titles: Mapping[str, str]) -> list[tuple[str, Content, bool]]:
    """Return label, AUC and whether it is a probe: the headline first, then the strongest."""
    own = "the run, test" if check["of"] == "the run" else "features of whole slices"
    probes = sorted(check["auc"].items(), key=lambda item: -(item[1]["value"] or 0))
    return [(own, check["headline"], False), *((titles[n], auc, True) for n, auc in probes)]


def _intervals(bars: Sequence[tuple[str, Content, bool]]) -> str:
    def paint(figure: Figure) -> None:
        axes = figure.add_subplot()
        lowest = min([CHANCE, *(auc["low"] for _, auc, _ in bars if known(auc["low"]))])
        for index, (_, auc, is_probe) in enumerate(bars):
            colour = PROBE if is_probe else NETWORK
            axes.plot([auc["low"], auc["high"]], [index, index], color=colour, linewidth=8,
                      alpha=0.4, solid_capstyle="butt")  # fmt: skip
            axes.plot([auc["value"]], [index], "|", color=colour, markersize=15,
                      markeredgewidth=2.5)  # fmt: skip
        axes.axvline(CHANCE, color=FAINT, linewidth=0.9, linestyle=(0, (2, 3)))
        axes.text(CHANCE, -0.75, " chance", fontsize=9, color=FAINT, va="center")
        axes.set(xlim=(lowest - 0.01, 1.012), ylim=(len(bars) - 0.5, -1.0), xlabel="AUC")
        axes.set_yticks(range(len(bars)), [label for label, _, _ in bars])
        axes.tick_params(axis="y", length=0, labelcolor=INK)
        axes.spines["left"].set_visible(False)
        axes.grid(axis="x")
        axes.set_axisbelow(True)
        plain(axes)

    return draw((5.6, 0.95 + 0.36 * len(bars)), paint)


def _bars_described(bars: Sequence[tuple[str, Content, bool]]) -> str:
    description = "; ".join(
        f"{label} {auc['value']:.3f} from {auc['low']:.3f} to {auc['high']:.3f}"
        for label, auc, _ in bars
    )
    return f"AUC with 95 % interval: {description}."
