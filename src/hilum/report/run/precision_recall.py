"""The precision-recall figure: of one class, or of each class against the rest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from matplotlib.figure import Figure

from hilum.report.canvas import FAINT, NETWORK, SERIES, draw, plain
from hilum.report.numbers import fixed

__all__ = ["ClassCurve", "class_roc", "precision_recall"]

_TICKS = ([0, 0.25, 0.5, 0.75, 1], ["0", "0.25", "0.5", "0.75", "1"])
_MARGIN = 0.015
"""Keeps a curve along the edge from being cut in half."""


class ClassCurve(NamedTuple):
    """The curve of a class against the rest.

    Attributes:
        name: of the class.
        across, up: rates (points,), rising along `across`: recall and precision, or false and true
            positive rate.
        area: average precision, or AUC; None where not defined.
        share: of the cases that are of the class, which is the precision by chance.
    """

    name: str
    across: Sequence[float]
    up: Sequence[float]
    area: float | None
    share: float


def precision_recall(curves: Sequence[ClassCurve]) -> str:
    """Return the SVG of precision-recall curves, each with its share by chance as a dashed line.

    A step holds each precision back to the recall before it: the area under the steps is the
    average precision.
    """

    def paint(figure: Figure) -> None:
        axes = figure.add_subplot()
        for curve, colour in zip(curves, _colours(len(curves)), strict=True):
            axes.axhline(curve.share, color=colour, linewidth=0.9, linestyle=(0, (2, 3)))
            axes.step(
                [0, *curve.across], [curve.up[0], *curve.up], where="pre", color=colour,
                linewidth=2.0, label=f"{curve.name}: {fixed(curve.area)}",
            )  # fmt: skip
        axes.set(xlabel="Recall (sensitivity)", ylabel="Precision")
        _dress(figure, title="Average precision")

    return draw((4.6, 4.3), paint)


def class_roc(curves: Sequence[ClassCurve]) -> str:
    """Return the SVG of the ROC curve of each class against the rest."""

    def paint(figure: Figure) -> None:
        axes = figure.add_subplot()
        axes.plot([0, 1], [0, 1], color=FAINT, linewidth=0.9, linestyle=(0, (2, 3)))
        for curve, colour in zip(curves, _colours(len(curves)), strict=True):
            label = f"{curve.name}: {fixed(curve.area)}"
            axes.plot(curve.across, curve.up, color=colour, linewidth=2.0, label=label)
        axes.set(xlabel="1 − specificity", ylabel="Recall (sensitivity)")
        _dress(figure, title="AUC, against the rest")

    return draw((4.6, 4.3), paint)


def _colours(count: int) -> list[str]:
    """Return a colour for each curve; a single one has that of the network."""
    return [NETWORK] if count == 1 else [SERIES[index % len(SERIES)] for index in range(count)]


def _dress(figure: Figure, *, title: str) -> None:
    axes = figure.axes[0]
    axes.set(xlim=(-_MARGIN, 1 + _MARGIN), ylim=(-_MARGIN, 1 + _MARGIN), aspect="equal")
    axes.set_xticks(*_TICKS)
    axes.set_yticks(*_TICKS)
    axes.grid()
    axes.set_axisbelow(True)
    axes.legend(loc="lower right" if "AUC" in title else "lower left", title=title, fontsize=9)
    plain(axes)
