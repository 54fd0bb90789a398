"""Plausibility of Hounsfield units: air and soft tissue where they belong, and a possible range."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["MIN_PIXELS", "NO_AIR", "NO_TISSUE", "tissue_notes", "unit_problem"]

Values = npt.NDArray[np.floating]

MIN_PIXELS = 4096
"""Fewer pixels (64 x 64) are not judged: a detail may hold anything."""

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


def unit_problem(values: Values) -> str:
    """Return why `values` can't be Hounsfield units of a slice or volume; empty if they can.

    Args:
        values: any shape; slices with fewer than MIN_PIXELS and constant ones are not judged.
    """
    if not _is_judged(values):
        return ""
    low, high = float(values.min()), float(values.max())
    if _share(values, _IMPOSSIBLE, np.inf) >= _IMPOSSIBLE_SHARE:
        return "many values lie above 4,000, which no tissue reaches"
    if _share(values, -np.inf, _AIR) >= _AIR_SHARE:
        return ""
    if low >= -1.5 and high <= 1.5:
        return "the values were scaled to a range of about 1"
    if _share(values, *_OFFSET_TISSUE) >= _OFFSET_SHARE:
        return "the intercept of about -1024 was lost (air lies near 0, tissue near 1,000)"
    if low >= 0 and high <= 255:
        return "the values are 8-bit grey levels"
    return ""


def tissue_notes(values: Values) -> list[str]:
    """Return notes on air and soft tissue that a chest slice in Hounsfield units should hold."""
    if not _is_judged(values):
        return []
    notes = []
    if _share(values, -np.inf, _AIR) < _AIR_SHARE:
        notes.append(NO_AIR)
    if _share(values, *_TISSUE) < _TISSUE_SHARE:
        notes.append(NO_TISSUE)
    return notes


def _is_judged(values: Values) -> bool:
    return bool(values.size >= MIN_PIXELS and values.min() < values.max())


def _share(values: Values, low: float, high: float) -> float:
    return float(((values >= low) & (values <= high)).mean())
