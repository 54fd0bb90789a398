"""Plausibility of Hounsfield units: air and soft tissue where they belong, and a possible range."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

__all__ = [
    "MIN_PIXELS",
    "NO_AIR",
    "NO_TISSUE",
    "UnitCounts",
    "count_units",
    "series_problem",
    "tissue_notes",
    "unit_problem",
]

Values = npt.NDArray[np.floating]

MIN_PIXELS = 4096
"""Fewer pixels (64 x 64) are not judged: a detail may hold anything."""

FEW_SLICES = 3
"""Fewer slices are not judged as a series."""

_AIR = -500.0
"""Lungs and the air around the patient lie below; only they do."""
_AIR_SHARE = 0.001

_TISSUE = (-300.0, 300.0)
_TISSUE_SHARE = 0.005

_OFFSET_TISSUE = (700.0, 1400.0)
_OFFSET_SHARE = 0.1
"""Fat and soft tissue without the intercept of -1024. Cortical bone is as dense, but in no chest
slice a tenth of the pixels."""

_IMPOSSIBLE, _IMPOSSIBLE_SHARE = 4000.0, 0.01
"""Only metal exceeds the 12-bit range (3071 HU), and it covers less of a slice than this."""

NO_AIR = "No air (-1000 HU) is in it: not a chest slice, or not in Hounsfield units."
NO_TISSUE = "No soft tissue (0 HU) is in it: not a chest slice, or not in Hounsfield units."


class UnitCounts(NamedTuple):
    """Counts of pixels by which values are judged; those of several slices add up.

    Attributes:
        pixels: all of them.
        low, high: least and greatest value.
        air: pixels that only lungs and the air around the patient have.
        tissue: pixels in the range of soft tissue.
        offset: pixels in the range of tissue without its intercept.
        impossible: pixels above all tissue.
    """

    pixels: int
    low: float
    high: float
    air: int
    tissue: int
    offset: int
    impossible: int

    def merge(self, other: UnitCounts) -> UnitCounts:
        """Return the counts of both, as if they were of one volume."""
        added = (mine + more for mine, more in zip(self[3:], other[3:], strict=True))
        low, high = min(self.low, other.low), max(self.high, other.high)
        return UnitCounts(self.pixels + other.pixels, low, high, *added)

    def share(self, count: int) -> float:
        """Return the share of the pixels that a count is."""
        return count / self.pixels

    @property
    def lacks_air(self) -> bool:
        """Whether too few pixels for a chest are air."""
        return self.share(self.air) < _AIR_SHARE

    @property
    def is_judged(self) -> bool:
        """Whether there are enough pixels of different values."""
        return self.pixels >= MIN_PIXELS and self.low < self.high


def count_units(values: Values) -> UnitCounts:
    """Return the counts of `values`, any shape with at least one pixel, no not-a-number."""
    return UnitCounts(
        values.size, float(values.min()), float(values.max()), _count(values, -np.inf, _AIR),
        _count(values, *_TISSUE), _count(values, *_OFFSET_TISSUE),
        _count(values, _IMPOSSIBLE, np.inf),
    )  # fmt: skip


def unit_problem(values: Values | UnitCounts) -> str:
    """Return why `values` can't be Hounsfield units of a slice or volume; empty if they can.

    Args:
        values: any shape, or their counts; fewer than MIN_PIXELS and constant ones are not judged.
    """
    counts = _counts(values)
    if not counts.is_judged:
        return ""
    if counts.share(counts.impossible) >= _IMPOSSIBLE_SHARE:
        return "many values lie above 4,000, which no tissue reaches"
    if not counts.lacks_air:
        return ""
    if counts.low >= -1.5 and counts.high <= 1.5:
        return "the values were scaled to a range of about 1"
    if counts.share(counts.offset) >= _OFFSET_SHARE:
        return "the intercept of about -1024 was lost (air lies near 0, tissue near 1,000)"
    if counts.low >= 0 and counts.high <= 255:
        return "the values are 8-bit grey levels"
    return ""


def series_problem(counts: UnitCounts, slices: int) -> str:
    """Return why the slices of a series can't be in Hounsfield units; empty if they can.

    A single slice may lack air (a crop of the mediastinum); the slices of a chest together don't.

    Args:
        counts: those of all slices, merged.
        slices: how many there are; fewer than FEW_SLICES are not judged.
    """
    if slices < FEW_SLICES or not counts.is_judged:
        return ""
    if problem := unit_problem(counts):
        return problem
    return f"no air (-1000 HU) is in any of its {slices} slices" if counts.lacks_air else ""


def tissue_notes(values: Values | UnitCounts) -> list[str]:
    """Return notes on air and soft tissue that a chest slice in Hounsfield units should hold."""
    counts = _counts(values)
    if not counts.is_judged:
        return []
    notes = [NO_AIR] if counts.lacks_air else []
    return [*notes, NO_TISSUE] if counts.share(counts.tissue) < _TISSUE_SHARE else notes


def _counts(values: Values | UnitCounts) -> UnitCounts:
    return values if isinstance(values, UnitCounts) else count_units(values)


def _count(values: Values, low: float, high: float) -> int:
    return int(np.count_nonzero((values >= low) & (values <= high)))
