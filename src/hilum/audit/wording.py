"""Estimates as written in the sentences of checks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["estimate_text"]


def estimate_text(estimate: Mapping[str, Any], *, sign: str = "") -> str:
    """Return value and interval with two decimals, `0.31 [0.12, 0.50]`, a minus as long as a plus.

    Args:
        estimate: `value`, `low` and `high`, all numbers.
        sign: "+" where it is a difference.
    """
    value, low, high = (format(estimate[key], f"{sign}.2f") for key in ("value", "low", "high"))
    return f"{value} [{low}, {high}]".replace("-", "−")
