"""The strip: the probability of every slice of a series, from feet to head."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from matplotlib.figure import Figure

from hilum.report.canvas import FAINT, INK, NETWORK, PROBE, RULE, Drawing, draw

__all__ = ["StripSlice", "strip"]

SIZE = (9.4, 2.1)
"""Inches: the width of a page."""


class StripSlice(NamedTuple):
    """One slice: its position in mm (None: unknown), its probability (None: not predicted), and the
    letter of a top slice (or empty)."""

    position: float | None
    probability: float | None
    letter: str = ""


def strip(
    slices: Sequence[StripSlice], *, positive: str, joined: float, threshold: float | None
) -> Drawing:
    """Return the strip of a series, slices in order from feet to head.

    Args:
        slices: at least one.
        positive: the class that the probabilities are of.
        joined: the series' probability.
        threshold: from which on a series is called positive; None: no such line.
    """
    in_mm = all(one.position is not None for one in slices)
    places = [
        float(one.position) if in_mm and one.position is not None else float(number)
        for number, one in enumerate(slices, start=1)
    ]

    def paint(figure: Figure) -> None:
        axes = figure.add_subplot()
        given = [(x, one.probability) for x, one in zip(places, slices, strict=True)]
        seen = [(x, p) for x, p in given if p is not None]
        without = [x for x, p in given if p is None]
        axes.axhline(joined, color=PROBE, linewidth=1.2)
        axes.annotate(
            "series", (1.0, joined), xycoords=("axes fraction", "data"), xytext=(3, 0),
            textcoords="offset points", va="center", fontsize=8, color=PROBE,
        )  # fmt: skip
        if threshold is not None:
            axes.axhline(threshold, color=FAINT, linewidth=0.8, linestyle=(0, (4, 3)))
        axes.vlines(
            [x for x, _ in seen], 0, [p for _, p in seen], color=NETWORK, linewidth=1.4, alpha=0.75
        )
        axes.plot([x for x, _ in seen], [p for _, p in seen], ".", color=NETWORK, markersize=4)
        axes.plot(without, [0.0] * len(without), "|", color=FAINT, markersize=6)
        for x, one in zip(places, slices, strict=True):
            if one.letter and one.probability is not None:
                axes.annotate(
                    one.letter, (x, one.probability), xytext=(0, 4), textcoords="offset points",
                    ha="center", fontsize=9, fontweight="bold", color=INK,
                )  # fmt: skip
        axes.set_ylim(-0.03, 1.14)
        axes.set_yticks([0, 0.5, 1])
        axes.grid(axis="y", color=RULE)
        axes.set_ylabel(f"P({positive})", parse_math=False)
        axes.set_xlabel("position, mm: feet to head" if in_mm else "slice: feet to head")

    predicted = sum(one.probability is not None for one in slices)
    highest = max((one.probability or 0.0 for one in slices), default=0.0)
    description = (
        f"Probability of {positive} of {predicted} lung slices out of {len(slices)}, from feet "
        f"to head: {joined:.2f} for the series, {highest:.2f} at the highest slice."
    )
    return Drawing(draw(SIZE, paint), description)
