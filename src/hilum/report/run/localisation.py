"""The localisation figures: what maps and their controls reach, one below the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hilum.report.canvas import FAINT, INK, NETWORK, PROBE, draw, plain
from hilum.report.numbers import counted, known

__all__ = ["MAP_TITLES", "METRIC_TITLES", "MetricPanel", "localisation", "panels_of", "size_panels"]

MAP_TITLES = {
    "network": "Network",
    "centre_prior": "Centre prior",
    "lesion_prior": "Lesion prior",
    "random_network": "Untrained network",
    "edges": "Edges",
    "random_boxes": "Random boxes",
    "chance": "Chance",
}
"""What the page calls the network's maps and their controls, in its order."""

METRIC_TITLES = {
    "pointing": "Pointing game",
    "energy": "Energy inside",
    "over_half": "Over half covered",
    "covered": "Share covered",
    "best_iou": "Best IoU",
    "iou": "IoU",
}
"""What the page calls the figures, in its order."""

_ROW, _HEAD = 0.22, 0.72
"""Inches: height of a line of a panel, and of what else a panel needs."""
_MARGIN = 0.04
"""Share of the scale that is added at both ends, so that no mark is cut in half."""


class MetricPanel(NamedTuple):
    """Figures of several maps on one scale: `bars` are a title and the figure, see metrics.json."""

    title: str
    bars: Sequence[tuple[str, Mapping[str, Any]]]


def panels_of(summary: Mapping[str, Any], figures: Sequence[str]) -> list[MetricPanel]:
    """Return a panel for each of `figures`, with those maps that have it.

    Args:
        summary: of slices with lesions, as localisation.json holds it.
        figures: keys of `METRIC_TITLES`.
    """
    estimates = summary["per_slice"]["figures"]
    return [MetricPanel(METRIC_TITLES[figure], _bars(estimates, figure)) for figure in figures]


def size_panels(summaries: Mapping[str, Any], figure: str) -> list[MetricPanel]:
    """Return a panel for each size of lesion that there is, small ones first."""
    return [
        MetricPanel(
            f"{size.capitalize()}: {counted(summaries[size]['n'], 'slice')} of "
            f"{counted(summaries[size]['groups'], 'group')}",
            _bars(summaries[size]["per_slice"]["figures"], figure),
        )
        for size in ("small", "medium", "large")
        if summaries[size]["n"]
    ]


def localisation(panels: Sequence[MetricPanel]) -> str:
    """Return the SVG of panels one below the other, the first line of each being the network."""

    def paint(figure: Figure) -> None:
        heights = [_HEAD + _ROW * len(panel.bars) for panel in panels]
        every = figure.subplots(len(panels), 1, squeeze=False, height_ratios=heights)[:, 0]
        for axes, panel in zip(every, panels, strict=True):
            _panel(axes, panel)

    height = sum(_HEAD + _ROW * len(panel.bars) for panel in panels)
    return draw((4.8, height), paint)


def _bars(estimates: Mapping[str, Any], figure: str) -> list[tuple[str, Mapping[str, Any]]]:
    """Return title and figure of the maps in which it is defined."""
    return [
        (title, estimates[name][figure])
        for name, title in MAP_TITLES.items()
        if name in estimates and known(estimates[name][figure]["value"])
    ]


def _panel(axes: Axes, panel: MetricPanel) -> None:
    """Draw one panel: a dot and its interval for each map."""
    longest = max(
        figure[key] for _, figure in panel.bars for key in ("value", "high") if known(figure[key])
    )
    for row, (_, figure) in enumerate(panel.bars):
        colour = NETWORK if row == 0 else PROBE
        if known(figure["low"]) and known(figure["high"]):
            axes.plot(
                [figure["low"], figure["high"]], [row, row], color=colour,
                linewidth=6 if row == 0 else 4, alpha=0.4, solid_capstyle="butt",
            )  # fmt: skip
        axes.plot(
            [figure["value"]], [row], "o" if row == 0 else "D", color=colour,
            markersize=6.5 if row == 0 else 4.5,
        )  # fmt: skip
    axes.set_title(panel.title, fontsize=10, color=INK, loc="left", fontweight="bold")
    reach = longest or 1.0
    axes.set(xlim=(-_MARGIN * reach, (1 + _MARGIN) * reach), ylim=(len(panel.bars) - 0.5, -0.5))
    axes.set_yticks(range(len(panel.bars)), [title for title, _ in panel.bars])
    axes.tick_params(axis="y", length=0, labelcolor=INK)
    axes.tick_params(axis="x", labelcolor=FAINT)
    axes.spines["left"].set_visible(False)
    axes.grid(axis="x")
    axes.set_axisbelow(True)
    plain(axes)
