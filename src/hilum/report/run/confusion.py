"""The confusion matrix: rows truth, columns prediction."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from hilum.report.canvas import INK, NETWORK, ON_NETWORK, PAPER, draw, plain
from hilum.report.numbers import thousands

__all__ = ["confusion"]

_LONGEST_NAME = 14
"""A longer class name is cut in the figure; the tables of the report hold it whole."""

_LIGHT_TEXT_FROM = 0.5
"""From this share of its row on, a cell is dark enough for light text."""


def confusion(counts: Sequence[Sequence[int]], class_names: Sequence[str]) -> str:
    """Return the SVG of a confusion matrix; a cell is the darker, the larger its share of the row.

    Args:
        counts: rows truth, columns predicted, in the order of `class_names`.
    """

    def paint(figure: Figure) -> None:
        axes = figure.add_subplot()
        for row, cells in enumerate(counts):
            for column, count in enumerate(cells):
                _cell(axes, row, column, count, count / max(sum(cells), 1))
        names = [_short(name) for name in class_names]
        centres = [index + 0.5 for index in range(len(names))]
        axes.set(xlim=(0, len(names)), ylim=(len(names), 0))
        axes.set(xlabel="Predicted", ylabel="Truth")
        axes.set_xticks(centres, names)
        axes.set_yticks(centres, names, rotation=90, va="center")
        axes.tick_params(length=0, labelcolor=INK)
        axes.spines[:].set_visible(False)
        plain(axes)

    return draw((4.2, 3.1), paint)


def _cell(axes: Axes, row: int, column: int, count: int, share: float) -> None:
    axes.add_patch(Rectangle((column, row), 1, 1, facecolor=NETWORK, alpha=0.06 + 0.94 * share))
    axes.add_patch(Rectangle((column, row), 1, 1, fill=False, edgecolor=PAPER, linewidth=3))
    axes.text(
        column + 0.5,
        row + 0.5,
        thousands(count),
        ha="center",
        va="center",
        fontsize=15,
        color=ON_NETWORK if share >= _LIGHT_TEXT_FROM else INK,
    )


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else name[: _LONGEST_NAME - 1] + "…"
