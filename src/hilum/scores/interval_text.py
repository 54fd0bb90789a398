"""A metric with its interval, or its spread over trainings, as text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["interval_text", "spread_text"]


def interval_text(
    metric: Mapping[str, Any], places: int = 3, *, undefined: str = "undefined"
) -> str:
    """Return `0.873 [0.811, 0.925]`, with `*` behind it where the interval is exact.

    Args:
        metric: `value`, `low`, `high` and `method`, as in metrics.json; `value` None: undefined;
            `high` alone None: no upper end, `inf`.
        places: decimals.
        undefined: the text of an undefined metric.
    """
    if metric["value"] is None:
        return undefined
    mark = "*" if metric.get("method") == "exact" else ""
    value, low = (f"{metric[key]:.{places}f}" for key in ("value", "low"))
    high = "inf" if metric["high"] is None else f"{metric['high']:.{places}f}"
    return f"{value} [{low}, {high}]{mark}"


def spread_text(spread: Mapping[str, Any], places: int = 3) -> str:
    """Return `0.873, SD 0.012, 0.861 to 0.884` of what `spread_of` returns; "undefined" of none."""
    if spread["mean"] is None:
        return "undefined"
    mean, low, high = (f"{spread[key]:.{places}f}" for key in ("mean", "low", "high"))
    deviation = spread["standard_deviation"]
    sd = "" if deviation is None else f", SD {deviation:.{places}f}"
    return f"{mean}{sd}, {low} to {high}"
