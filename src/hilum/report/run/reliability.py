"""The reliability figure: predicted probability against observed share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hilum.report.canvas import FAINT, NETWORK, draw, plain
from hilum.report.numbers import known

__all__ = ["reliability"]

Curve = Sequence[Mapping[str, Any]]

_LEAST_DOT, _WHOLE_DOT = 16.0, 260.0
"""Areas in square points of a dot of no slice and of one that holds all slices."""


def reliability(before: Curve, after: Curve | None, *, positive: str) -> str:
    """Return the SVG of a reliability curve.

    A dot is a bin; its area grows with the bin's slices, the line through it is the interval of
    the observed share. On the diagonal, probabilities are what they say.

    Args:
        before, after: bins with `n`, `probability` and `observed` (a figure), of the network's
            own probabilities and of the calibrated ones (None where nothing was fitted).
        positive: the class that the probabilities are of.
    """

    def paint(figure: Figure) -> None:
        axes = figure.add_subplot()
        axes.plot([0, 1], [0, 1], color=FAINT, linewidth=0.9, linestyle=(0, (2, 3)))
        if after is None:
            _bins(axes, before, "Network", NETWORK, hollow=False)
        else:
            _bins(axes, before, "Network", FAINT, hollow=True)
            _bins(axes, after, "Calibrated", NETWORK, hollow=False)
        margin = 0.04  # room for half a dot
        axes.set(xlim=(-margin, 1 + margin), ylim=(-margin, 1 + margin), aspect="equal")
        axes.set(xlabel=f"Probability of {positive}", ylabel=f"Share that is {positive}")
        axes.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0", "0.25", "0.5", "0.75", "1"])
        axes.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0", "0.25", "0.5", "0.75", "1"])
        axes.grid()
        axes.set_axisbelow(True)
        if after is not None:
            axes.legend(loc="upper left")
        axes.xaxis.label.set_parse_math(False)
        axes.yaxis.label.set_parse_math(False)
        plain(axes)

    return draw((4.6, 4.3), paint)


def _bins(axes: Axes, curve: Curve, label: str, colour: str, *, hollow: bool) -> None:
    """Draw the bins of one curve, those with more slices larger."""
    total = sum(part["n"] for part in curve)
    for part in curve:
        low, high = part["observed"]["low"], part["observed"]["high"]
        if known(low) and known(high):
            across = [part["probability"]] * 2
            axes.plot(
                across, [low, high], color=colour, linewidth=1.2 if hollow else 1.8, alpha=0.6
            )
    axes.scatter(
        [part["probability"] for part in curve],
        [part["observed"]["value"] for part in curve],
        s=[_LEAST_DOT + _WHOLE_DOT * part["n"] / total for part in curve],
        facecolor="none" if hollow else colour,
        edgecolor=colour,
        linewidth=1.2,
        alpha=1.0 if hollow else 0.85,
        label=label,
        zorder=3,
    )
