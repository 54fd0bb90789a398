"""Whether the slices of one series are in Hounsfield units, judged together."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import NamedTuple

from hilum.readers.hu_check import UnitCounts, series_problem
from hilum.readers.slice_image import SliceImage

__all__ = ["SERIES_NOTE", "SeriesUnits", "UnitFacts", "series_notes"]


SERIES_NOTE = "Taken as Hounsfield units, which its series as a whole is not in"
"""Beginning of the note on a slice of such a series."""


class UnitFacts(NamedTuple):
    """What one slice adds to the judgement of its series.

    Attributes:
        series: Series Instance UID; empty: it has none, and stands alone.
        counts: of its values, where its header says that they are Hounsfield units.
        taken: whether they were taken as such.
    """

    series: str
    counts: UnitCounts | None
    taken: bool

    @classmethod
    def of(cls, image: SliceImage) -> UnitFacts:
        """Return what a slice that was read adds."""
        series = image.ids.get("series_instance_uid", "")
        return cls(series, image.unit_counts, image.hu is not None)


class SeriesUnits:
    """Collects the counts of slices by their series; its size is that of the series' number."""

    def __init__(self) -> None:
        self._of: dict[Hashable, tuple[UnitCounts, int]] = {}

    def add(self, facts: UnitFacts) -> None:
        """Add a slice; one without a series or without counts adds nothing."""
        if not facts.series or facts.counts is None:
            return
        counts, slices = self._of.get(facts.series, (None, 0))
        merged = facts.counts if counts is None else counts.merge(facts.counts)
        self._of[facts.series] = merged, slices + 1

    def note(self, facts: UnitFacts) -> str:
        """Return a note on a slice whose series can't be in Hounsfield units; else nothing.

        A slice that wasn't taken as such has a note of its own.
        """
        problem = self.problem(facts.series) if facts.taken else ""
        return f"{SERIES_NOTE}: {problem}." if problem else ""

    def problem(self, series: str) -> str:
        """Return why a series can't be in Hounsfield units; empty if it can, or is not known."""
        return series_problem(*self._of[series]) if series in self._of else ""


def series_notes(facts: Sequence[UnitFacts], known: SeriesUnits | None = None) -> list[str]:
    """Return a note for each slice, empty for most, judged by all of their series.

    Args:
        facts: of the slices.
        known: what earlier slices added; these are added to it.
    """
    units = known or SeriesUnits()
    for one in facts:
        units.add(one)
    return [units.note(one) for one in facts]
