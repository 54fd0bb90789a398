"""Precision-recall curves of all networks of a comparison."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.figure import Figure

from hilum.report.canvas import FAINT, draw, plain
from hilum.report.compare.figures import line_styles, short_names
from hilum.report.numbers import fixed

__all__ = ["all_precision_recall", "average_precision", "has_precision_recall"]

PLOT, LINE = 4.5, 0.185
"""Heights of the plot and of a legend's line, inches."""

Run = Mapping[str, Any]


def has_precision_recall(run: Run) -> bool:
    """Whether a run has the curve; runs evaluated by older versions don't."""
    return bool((run["per_slice"].get("pr") or {}).get("recall"))


def average_precision(run: Run) -> str:
    """Return the average precision per slice, a dash where there is none."""
    return fixed(run["per_slice"]["figures"].get("average_precision", {}).get("value"))


def all_precision_recall(runs: Sequence[Run]) -> str:
    """Return the SVG of the curves of the test slices, with the average precision."""

    def paint(figure: Figure) -> None:
        axes, below = figure.subplots(2, 1, height_ratios=[PLOT, LINE * lines])
        named = zip(runs, short_names(runs), line_styles(len(runs)), strict=True)
        for run, name, style in named:
            if not has_precision_recall(run):
                continue
            curve = run["per_slice"]["pr"]
            axes.step(
                [0, *curve["recall"]], [curve["precision"][0], *curve["precision"]], where="pre",
                color=style.colour, linestyle=style.line, linewidth=1.8,
                label=f"{name}: {average_precision(run)}",
            )  # fmt: skip
        for share in _chance_levels(runs):
            axes.axhline(share, color=FAINT, linewidth=0.9, linestyle=(0, (2, 3)))
        margin = 0.015  # keeps a curve along the edge from being cut in half
        axes.set(xlim=(-margin, 1 + margin), ylim=(-margin, 1 + margin))
        axes.set(xlabel="Recall (sensitivity)", ylabel="Precision")
        axes.grid()
        axes.set_axisbelow(True)
        below.set_axis_off()
        below.legend(*axes.get_legend_handles_labels(), loc="upper left", fontsize=8.5,
                     handlelength=3, borderaxespad=0, title="Average precision", alignment="left",
                     title_fontsize=8.5)  # fmt: skip
        plain(below)

    lines = len(runs) + 2
    return draw((4.6, PLOT + LINE * lines), paint)


def _chance_levels(runs: Sequence[Run]) -> list[float]:
    """Return the shares of positive slices: the precision by chance."""
    shares = {
        run["per_slice"]["by_class"][run["positive"]] / run["per_slice"]["n"]
        for run in runs
        if run["per_slice"].get("by_class") and run["per_slice"]["n"]
    }
    return sorted(shares)
