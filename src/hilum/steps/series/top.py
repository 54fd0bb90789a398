"""The slices of a series that speak most for the positive class, not all of one spot."""

from __future__ import annotations

from collections.abc import Sequence

from hilum.steps.series.answer import SeriesSlice

__all__ = ["APART_MM", "choose_top"]

APART_MM = 10.0
"""Top slices lie at least so far apart: neighbours of thin series show the same."""


def choose_top(slices: Sequence[SeriesSlice], count: int) -> list[int]:
    """Return indices of the `count` slices with the highest probability, the highest first.

    Slices nearer than APART_MM to one that is taken are passed over while there are others.
    """
    probable = {i: one.probability for i, one in enumerate(slices) if one.probability is not None}
    ranked = sorted(probable, key=lambda index: (-probable[index], index))
    chosen: list[int] = []
    for index in ranked:
        if len(chosen) < count and all(_apart(slices[index], slices[one]) for one in chosen):
            chosen.append(index)
    chosen += [index for index in ranked if index not in chosen][: max(0, count - len(chosen))]
    return sorted(chosen, key=lambda index: (-probable[index], index))


def _apart(one: SeriesSlice, other: SeriesSlice) -> bool:
    if one.position is None or other.position is None:
        return True
    return abs(one.position - other.position) >= APART_MM
