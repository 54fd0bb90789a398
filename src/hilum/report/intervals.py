"""The interval figure: AUC of the network and of the border probe on one scale."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hilum.report.canvas import FAINT, INK, NETWORK, PROBE, draw, plain
from hilum.report.numbers import known

__all__ = ["Bar", "intervals"]

_CHANCE = 0.5


class Bar(NamedTuple):
    """One line of the figure: label, estimate, and whether it is the border probe's."""

    label: str
    estimate: Mapping[str, Any]
    is_probe: bool


def intervals(bars: Sequence[Bar], *, axis: str = "AUC, test") -> str:
    """Return the SVG of AUC intervals, one below the other, on a scale from chance to 1.

    The scale reaches further down where an interval does. An estimate that is not defined
    keeps its line, marked as such. `axis` names the scale.
    """

    def paint(figure: Figure) -> None:
        axes = figure.add_subplot()
        lows = [bar.estimate["low"] for bar in bars if known(bar.estimate.get("low"))]
        lowest = min([_CHANCE, *lows])
        for row, bar in enumerate(bars):
            _bar(axes, row, bar)
        axes.axvline(_CHANCE, color=FAINT, linewidth=0.9, linestyle=(0, (2, 3)))
        axes.text(_CHANCE, -0.75, " chance", fontsize=9, color=FAINT, va="center")
        axes.set(xlim=(lowest - 0.01, 1.012), ylim=(len(bars) - 0.5, -1.0), xlabel=axis)
        axes.set_yticks(range(len(bars)), [bar.label for bar in bars])
        axes.tick_params(axis="y", length=0, labelcolor=INK)
        axes.spines["left"].set_visible(False)
        axes.grid(axis="x")
        axes.set_axisbelow(True)
        plain(axes)

    return draw((4.8, 0.95 + 0.36 * len(bars)), paint)


def _bar(axes: Axes, row: int, bar: Bar) -> None:
    colour = PROBE if bar.is_probe else NETWORK
    value, low, high = (bar.estimate.get(key) for key in ("value", "low", "high"))
    if not known(value):
        axes.text(0.75, row, "not defined", ha="center", va="center", fontsize=9, color=FAINT)
        return
    if known(low) and known(high):
        axes.plot(
            [low, high],
            [row, row],
            color=colour,
            linewidth=8,
            alpha=0.4,
            solid_capstyle="butt",
        )
    axes.plot([value], [row], "|", color=colour, markersize=15, markeredgewidth=2.5)
