"""Training and validation curves of a comparison: one small figure a network, on the same axes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hilum.report.canvas import FAINT, INK, NETWORK, PROBE, draw
from hilum.report.compare.figures import short_names
from hilum.report.run.curves import epoch_axis

__all__ = ["small_curves"]

_FEW_EPOCHS = 25
"""Up to this many epochs each one gets a dot; more would overlap."""
_LONGEST_TITLE = 38

Runs = Sequence[Mapping[str, Any]]


def small_curves(runs: Runs) -> list[str]:
    """Return the SVG of the curves of each run that has some: loss above, AUC and accuracy below.

    All have the same scales, but for the epochs, of which each run has its own number.

    Args:
        runs: name, history (None, or rows with epoch, train_loss, validation_loss,
            validation_accuracy, validation_auc, best; None where not known) and
            border_validation_auc.
    """
    named = zip(runs, short_names(runs, _LONGEST_TITLE), strict=True)
    shown = [(run, name) for run, name in named if run["history"]]
    runs = [run for run, _ in shown]
    losses = _known(runs, ("train_loss", "validation_loss"))
    merits = _known(runs, ("validation_auc", "validation_accuracy"))
    borders = [run["border_validation_auc"] for run in runs]
    merits += [area for area in borders if area is not None]
    top = 1.05 * max(losses, default=1.0)
    bottom = max(0.0, min([*merits, 0.95]) - 0.03)
    return [_curves(run, name, top=top, bottom=bottom) for run, name in shown]


def _curves(run: Mapping[str, Any], name: str, *, top: float, bottom: float) -> str:
    def paint(figure: Figure) -> None:
        loss, merit = figure.subplots(2, 1, sharex=True)
        history = run["history"]
        _line(loss, history, "train_loss", "Training loss", FAINT)
        _line(loss, history, "validation_loss", "Validation loss", NETWORK)
        _line(merit, history, "validation_auc", "Validation AUC", NETWORK, dashes=(0, (5, 2)))
        _line(merit, history, "validation_accuracy", "Validation accuracy", INK, dashes=(0, (1, 1)))
        if run["border_validation_auc"] is not None:
            merit.axhline(
                run["border_validation_auc"], color=PROBE, linestyle=(0, (3, 2)),
                linewidth=1.4, label="Border alone, AUC",
            )  # fmt: skip
        loss.set(ylim=(0, top), ylabel="Loss")
        merit.set(ylim=(bottom, 1.0 + 0.05 * (1 - bottom)), ylabel="AUC, accuracy", xlabel="Epoch")
        epoch_axis(merit, [float(row["epoch"]) for row in history])
        title = loss.set_title(name, fontsize=9.5, color=INK, loc="left")
        title.set_parse_math(False)
        for axes in (loss, merit):
            for row in history:
                if row["best"] == 1:
                    axes.axvline(
                        row["epoch"], color=INK, linewidth=1, linestyle=(0, (1, 2)), zorder=0.5
                    )
            axes.grid(axis="y")
            axes.set_axisbelow(True)
        figure.legend(loc="outside lower center", ncols=2, fontsize=7.5, handlelength=2.4,
                      columnspacing=1.2)  # fmt: skip

    return draw((3.4, 3.9), paint)


def _line(
    axes: Axes,
    history: Sequence[Mapping[str, Any]],
    column: str,
    label: str,
    colour: str,
    *,
    dashes: Any = "-",
) -> None:
    rows = [row for row in history if row[column] is not None]
    axes.plot(
        [row["epoch"] for row in rows],
        [row[column] for row in rows],
        color=colour,
        label=label,
        linestyle=dashes,
        linewidth=1.5,
        marker="o" if len(history) <= _FEW_EPOCHS else "",
        markersize=2.6 if len(history) > 1 else 6,
    )


def _known(runs: Runs, columns: Sequence[str]) -> list[float]:
    return [
        float(row[column])
        for run in runs
        for row in run["history"]
        for column in columns
        if row[column] is not None
    ]
