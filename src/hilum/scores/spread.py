"""How far a metric spreads over several trainings of one recipe."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean, stdev

__all__ = ["spread_of"]


def spread_of(values: Sequence[float | None]) -> dict[str, float | int | None]:
    """Return mean, standard deviation and range of a metric over trainings.

    The standard deviation (n - 1) describes single trainings; it is no standard error of the mean.

    Args:
        values: one of each training; None where it is not defined.

    Returns:
        `n`, the trainings where it is defined; `mean`, `low` and `high` (None if there is none);
        `standard_deviation` (None of fewer than two). Rounded to six decimals.
    """
    defined = [float(value) for value in values if value is not None]
    return {
        "n": len(defined),
        "mean": round(fmean(defined), 6) if defined else None,
        "standard_deviation": round(stdev(defined), 6) if len(defined) > 1 else None,
        "low": round(min(defined), 6) if defined else None,
        "high": round(max(defined), 6) if defined else None,
    }
