"""The decision curve: net benefit of a network against treating all or none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeGuard

from matplotlib.figure import Figure

from hilum.report.canvas import FAINT, NETWORK, PROBE, draw, plain

__all__ = ["benefit", "has_benefit"]

_BELOW = 0.12
"""How far below 0 the scale reaches, as a share of its height: treating all falls without end."""


def has_benefit(curve: Mapping[str, Any] | None) -> TypeGuard[Mapping[str, Any]]:
    """Whether there is a decision curve to draw."""
    return bool(curve) and "network" in (curve or {})


def benefit(curve: Mapping[str, Any], *, positive: str) -> str:
    """Return the SVG of a decision curve.

    Args:
        curve: `decision_curve` of metrics.json.
        positive: the class that is acted upon.
    """
    at = curve["threshold"]

    def paint(figure: Figure) -> None:
        axes = figure.add_subplot()
        axes.fill_between(at, curve["low"], curve["high"], color=NETWORK, alpha=0.2, linewidth=0)
        axes.plot(at, curve["network"], color=NETWORK, label="Network")
        axes.plot(at, curve["all"], color=PROBE, linestyle=(0, (4, 2)), label="Treat all")
        axes.axhline(0, color=FAINT, linewidth=1.2, linestyle=(0, (2, 3)), label="Treat none")
        top = 1.08 * max(*curve["high"], curve["prevalence"])
        axes.set(xlim=(0, 1), ylim=(-_BELOW * top, top))
        axes.set(xlabel=f"Threshold probability of {positive}", ylabel="Net benefit")
        axes.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0", "0.25", "0.5", "0.75", "1"])
        axes.grid()
        axes.set_axisbelow(True)
        axes.legend(loc="upper right")
        axes.xaxis.label.set_parse_math(False)
        plain(axes)

    return draw((4.6, 4.3), paint)
