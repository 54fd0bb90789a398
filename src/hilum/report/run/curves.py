"""The training curves: loss, then AUC and accuracy, with the kept epoch marked."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from hilum.report.canvas import FAINT, INK, NETWORK, PROBE, draw, plain

__all__ = ["curves", "epoch_axis"]

_FEW_EPOCHS = 25
"""Up to this many epochs each one gets a dot; more would overlap."""


def curves(history: pd.DataFrame, *, border_auc: float | None = None) -> str:
    """Return the SVG of the training curves.

    Args:
        history: columns epoch, train_loss, validation_loss, validation_accuracy, validation_auc,
            best as numbers (NaN where not known); one row an epoch, best is 1 in the kept one.
        border_auc: what the border alone reaches on validation; drawn across where given.
    """

    def paint(figure: Figure) -> None:
        loss, score = figure.subplots(2, 1, sharex=True)
        _line(loss, history, "train_loss", "Training", FAINT)
        _line(loss, history, "validation_loss", "Validation", NETWORK)
        _line(score, history, "validation_auc", "Validation AUC", NETWORK)
        _line(score, history, "validation_accuracy", "Validation accuracy", FAINT, dashed=True)
        if border_auc is not None:
            score.axhline(border_auc, color=PROBE, linestyle=(0, (3, 2)), label="Border alone, AUC")
        loss.set(ylabel="Loss")
        loss.margins(y=0.1)  # no point is cut in half at the upper edge
        loss.set_ylim(bottom=0)
        score.set(ylabel="AUC, accuracy", xlabel="Epoch")
        epoch_axis(score, [float(epoch) for epoch in history["epoch"]])
        for axes in (loss, score):
            _mark_best(axes, history, named=axes is loss)
            axes.grid(axis="y")
            axes.set_axisbelow(True)
            axes.legend(fontsize=9, loc="best")
            plain(axes)

    return draw((4.8, 4.8), paint)


def epoch_axis(axes: Axes, epochs: Sequence[float]) -> None:
    """Put ticks at whole epochs; a single epoch stands in the middle of its axis."""
    if len(epochs) == 1:
        axes.set_xlim(epochs[0] - 0.5, epochs[0] + 0.5)
        axes.set_xticks([epochs[0]], [f"{epochs[0]:g}"])
    else:
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=8))


def _line(
    axes: Axes, history: pd.DataFrame, column: str, label: str, colour: str, *, dashed: bool = False
) -> None:
    axes.plot(
        history["epoch"].to_numpy(),
        history[column].to_numpy(),
        color=colour,
        label=label,
        linestyle=(0, (5, 2)) if dashed else "-",
        marker="o" if len(history) <= _FEW_EPOCHS else "",
        markersize=3.5 if len(history) > 1 else 6,
    )


def _mark_best(axes: Axes, history: pd.DataFrame, *, named: bool) -> None:
    """Draw a line through the epoch that was kept, with its word above where `named`."""
    for epoch in history.loc[history["best"] == 1, "epoch"]:
        axes.axvline(float(epoch), color=INK, linewidth=1.0, linestyle=(0, (1, 2)), zorder=0.5)
        axes.annotate(
            "kept" if named else "",
            (float(epoch), 1.0),
            xycoords=("data", "axes fraction"),
            xytext=(0, 2),
            textcoords="offset points",
            ha="center",
            fontsize=9,
        )
