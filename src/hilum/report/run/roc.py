"""The ROC figure: network and border probe in the same axes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure

from hilum.report.canvas import FAINT, NETWORK, PROBE, draw, plain

__all__ = ["roc"]

Curve = Mapping[str, Sequence[float]]


def roc(network: Curve, probe: Curve | None) -> str:
    """Return the SVG of the ROC curves of the test slices.

    Args:
        network: `fpr` and `tpr`, shares from 0 to 1, rising.
        probe: the border probe's, or None where there is none.
    """

    def paint(figure: Figure) -> None:
        axes = figure.add_subplot()
        axes.plot([0, 1], [0, 1], color=FAINT, linewidth=0.9, linestyle=(0, (2, 3)), label="Chance")
        if probe is not None:
            on_top = 3  # where both curves are one, the dashes show it
            axes.plot(
                probe["fpr"],
                probe["tpr"],
                color=PROBE,
                linestyle=(0, (5, 2)),
                label="Border probe",
                zorder=on_top,
            )
        axes.plot(network["fpr"], network["tpr"], color=NETWORK, linewidth=2.4, label="Network")
        margin = 0.015  # keeps a curve along the edge from being cut in half
        axes.set(xlim=(-margin, 1 + margin), ylim=(-margin, 1 + margin), aspect="equal")
        axes.set(xlabel="1 − specificity", ylabel="Recall (sensitivity)")
        axes.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0", "0.25", "0.5", "0.75", "1"])
        axes.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0", "0.25", "0.5", "0.75", "1"])
        axes.grid()
        axes.set_axisbelow(True)
        axes.legend(loc="lower right", reverse=True)
        plain(axes)

    return draw((4.6, 4.3), paint)
