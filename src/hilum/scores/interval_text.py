"""A metric with its interval as text, for terminals and sentences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["interval_text"]


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
