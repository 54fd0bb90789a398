"""Figures that show all networks of a comparison: ROC curves, and what accuracy costs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import cycle, islice
from typing import Any, NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from hilum.report.canvas import FAINT, INK, PROBE, SERIES, draw, plain
from hilum.report.numbers import fixed, known

__all__ = ["LineStyle", "all_roc", "line_styles", "roc_corner", "short_names", "trade_off"]

MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">")
DASHES: tuple[Any, ...] = ("-", (0, (6, 1.5)), (0, (6, 1.5, 1.5, 1.5)))
"""After nine networks the colours come again, with another marker's line."""
CORNER = 0.2
"""Side of the corner that is drawn larger."""
PLOT, SQUARE, LINE = 4.2, 4.5, 0.185
"""Heights of a plot, of one that comes out square over a legend, and of a legend's line, inches."""
LONGEST_NAME = 44
"""Letters of a name that fit the legend under a figure."""
LONGEST_LABEL = 36
"""Letters of a name next to a point, on two lines."""
FEWEST_TICKS = 3
"""Of an axis of costs, so that its scale can be read."""
LABEL_HEIGHT = 0.085
"""Of the plot's height: what a label of two lines needs."""

Curve = Mapping[str, Sequence[float]]
Runs = Sequence[Mapping[str, Any]]


class LineStyle(NamedTuple):
    """How one network is drawn in every figure: colour, marker, line."""

    colour: str
    marker: str
    line: Any


class _Shown(NamedTuple):
    """A network in the plane of accuracy and cost."""

    name: str
    cost: float
    style: LineStyle
    accuracy: Mapping[str, Any]


def line_styles(count: int) -> list[LineStyle]:
    """Return one look for each of `count` networks, all different up to 27."""
    return [
        LineStyle(colour, marker, DASHES[index // len(SERIES) % len(DASHES)])
        for index, (colour, marker) in enumerate(
            zip(islice(cycle(SERIES), count), islice(cycle(MARKERS), count), strict=True)
        )
    ]


def short_names(runs: Runs, longest: int = LONGEST_NAME) -> list[str]:
    """Return each run's name, the middle left out where it is too long: its end may say something.

    Where two would then be alike, all have their number in front, which the page's tables of
    differences have too.
    """
    names = [_shortened(str(run["name"]), longest) for run in runs]
    if len(set(names)) == len(names):
        return names
    numbered = [f"{number} {run['name']}" for number, run in enumerate(runs, start=1)]
    return [_shortened(name, longest) for name in numbered]


def _shortened(name: str, longest: int) -> str:
    if len(name) <= longest:
        return name
    head = (longest - 1) * 2 // 3
    return f"{name[:head]}…{name[head + 1 - longest :]}"


def all_roc(runs: Runs, borders: Sequence[Mapping[str, Any]]) -> str:
    """Return the SVG of all ROC curves of the test slices, with their AUC (the paper's Figure 2).

    Args:
        runs: name and per_slice, with its roc and figures.
        borders: auc, roc of the border alone, and the runs that see it so.
    """

    def paint(figure: Figure) -> None:
        axes, below = figure.subplots(2, 1, height_ratios=[SQUARE, LINE * lines])
        axes.plot([0, 1], [0, 1], color=FAINT, linewidth=0.9, linestyle=(0, (2, 3)), label="Chance")
        _curves(axes, runs, borders)
        margin = 0.015  # keeps a curve along the edge from being cut in half
        axes.set(xlim=(-margin, 1 + margin), ylim=(-margin, 1 + margin))
        _dress(axes, [0, 0.25, 0.5, 0.75, 1])
        below.set_axis_off()
        below.legend(*axes.get_legend_handles_labels(), loc="upper left", fontsize=8.5,
                     handlelength=3, borderaxespad=0, title="AUC", alignment="left",
                     title_fontsize=8.5)  # fmt: skip
        plain(below)

    lines = len(runs) + len(borders) + 3
    return draw((4.6, SQUARE + LINE * lines), paint)


def roc_corner(runs: Runs, borders: Sequence[Mapping[str, Any]]) -> str:
    """Return the SVG of the upper left corner of the same curves, where good ones run together."""

    def paint(figure: Figure) -> None:
        axes = figure.add_subplot()
        _curves(axes, runs, borders)
        margin = 0.015 * CORNER
        axes.set(xlim=(-margin, CORNER), ylim=(1 - CORNER, 1 + margin), box_aspect=1)
        _dress(axes, [0, 0.05, 0.1, 0.15, 0.2], [0.8, 0.85, 0.9, 0.95, 1])

    return draw((4.6, PLOT), paint)


def trade_off(runs: Runs, costs: Sequence[float | None], *, axis: str) -> str:
    """Return the SVG of accuracy against what it costs, with intervals and a label a network.

    Args:
        runs: name and per_slice figures.
        costs: of each run, above 0; runs without one, or without accuracy, are left out.
        axis: what the axis of costs is called; it is logarithmic.
    """
    named = zip(runs, short_names(runs, LONGEST_LABEL), costs, line_styles(len(runs)), strict=True)
    shown = [
        _Shown(name, float(cost), style, run["per_slice"]["figures"]["accuracy"])
        for run, name, cost, style in named
        if known(cost) and cost > 0 and known(run["per_slice"]["figures"]["accuracy"]["value"])
    ]

    def paint(figure: Figure) -> None:
        axes = figure.add_subplot()
        for entry in shown:
            _point(axes, entry)
        axes.set_xscale("log")
        _room(axes, [entry.cost for entry in shown])
        low, high = axes.get_ylim()
        axes.set_ylim(low, max(high, min(1.0, high) + 0.01 * (high - low)))
        axes.set(xlabel=axis, ylabel="Accuracy, test slices")
        axes.grid()
        axes.set_axisbelow(True)
        _labels(axes, shown)
        plain(axes)

    return draw((4.8, max(3.9, 1.0 + 0.33 * len(shown))), paint)


def _curves(axes: Axes, runs: Runs, borders: Sequence[Mapping[str, Any]]) -> None:
    """Draw every curve, the later the thinner, so that one upon another still shows."""
    names = short_names(runs)
    for index, (run, style) in enumerate(zip(runs, line_styles(len(runs)), strict=True)):
        curve, area = run["per_slice"].get("roc"), run["per_slice"]["figures"]["auc"]["value"]
        if not curve or area is None:
            continue
        axes.plot(
            curve["fpr"],
            curve["tpr"],
            color=style.colour,
            linestyle=style.line,
            marker=style.marker,
            markevery=((index + 0.5) / len(runs) / 4, 0.25),
            markersize=5,
            linewidth=1.3 + 3.2 * (1 - index / max(1, len(runs) - 1)) if len(runs) > 1 else 2,
            label=f"{names[index]}: {fixed(area)}",
        )
    for border in borders:
        if border.get("roc"):
            seen = f" ({len(border['runs'])} of {len(runs)})" if len(borders) > 1 else ""
            axes.plot(
                border["roc"]["fpr"],
                border["roc"]["tpr"],
                color=PROBE,
                linestyle=(0, (5, 2)),
                label=f"Border alone{seen}: {fixed(border['auc']['value'])}",
                zorder=3,
            )


def _dress(axes: Axes, across: Sequence[float], up: Sequence[float] | None = None) -> None:
    up = across if up is None else up
    axes.set(xlabel="1 − specificity", ylabel="Recall (sensitivity)")
    axes.set_xticks(across, [f"{tick:g}" for tick in across])
    axes.set_yticks(up, [f"{tick:g}" for tick in up])
    axes.grid()
    axes.set_axisbelow(True)
    plain(axes)


def _point(axes: Axes, entry: _Shown) -> None:
    cost, style = entry.cost, entry.style
    low, high = entry.accuracy.get("low"), entry.accuracy.get("high")
    if known(low) and known(high):
        axes.plot([cost, cost], [low, high], color=style.colour, linewidth=1.6, alpha=0.55)
    axes.plot([cost], [entry.accuracy["value"]], style.marker, color=style.colour, markersize=7)


def _room(axes: Axes, costs: Sequence[float]) -> None:
    """Leave a tenth of the axis free at each end; ticks that its scale can be read by."""
    if not costs:
        return
    low, high = math.log10(min(costs)), math.log10(max(costs))
    free = max(0.08, 0.1 * (high - low))
    axes.set_xlim(10 ** (low - free), 10 ** (high + free))
    inside = _cost_ticks(10 ** (low - free), 10 ** (high + free))
    axes.set_xticks(inside, [f"{tick:,.10g}" for tick in inside])
    axes.set_xticks([], minor=True)


def _cost_ticks(least: float, most: float) -> list[float]:
    """Return ticks of a logarithmic axis: by decades, or 1, 2 and 5 of each, or evenly."""
    powers = range(math.floor(math.log10(least)), math.ceil(math.log10(most)) + 1)
    for steps in ((1,), (1, 2, 5)):
        ticks = [step * 10.0**power for power in powers for step in steps]
        inside = [tick for tick in ticks if least <= tick <= most]
        if len(inside) >= FEWEST_TICKS:
            return inside
    even = MaxNLocator(nbins=4, steps=[1, 2, 2.5, 5, 10]).tick_values(least, most)
    return [float(tick) for tick in even if least <= tick <= most]


def _labels(axes: Axes, shown: Sequence[_Shown]) -> None:
    """Write the names in a column on the right, in the points' order, each joined to its point."""
    low, high = axes.get_ylim()
    heights = [(entry.accuracy["value"] - low) / (high - low) for entry in shown]
    order = sorted(range(len(shown)), key=lambda index: (heights[index], -shown[index].cost))
    gap = max(LABEL_HEIGHT, 0.55 / max(len(shown), 1))
    heights_placed = _spread([heights[index] for index in order], gap)
    for index, height in zip(order, heights_placed, strict=True):
        entry = shown[index]
        axes.annotate(
            entry.name.replace(", random weights", ",\nrandom weights"),
            (entry.cost, entry.accuracy["value"]),
            xytext=(1.05, height),
            textcoords="axes fraction",
            annotation_clip=False,
            va="center",
            fontsize=8,
            linespacing=1.05,
            color=INK,
            arrowprops={
                "arrowstyle": "-", "color": entry.style.colour, "linewidth": 0.7, "alpha": 0.6,
                "shrinkB": 4, "relpos": (0, 0.5),
            },
        )  # fmt: skip


def _spread(heights: Sequence[float], gap: float) -> list[float]:
    """Return rising heights (0 to 1) at least `gap` apart, near to those given."""
    gap = min(gap, 1 / max(1, len(heights) - 1))
    placed: list[float] = []
    for height in heights:
        placed.append(max(height, placed[-1] + gap) if placed else max(0.0, height))
    ceiling = 1.0
    for index in range(len(placed) - 1, -1, -1):
        placed[index] = min(placed[index], ceiling)
        ceiling = placed[index] - gap
    return placed
