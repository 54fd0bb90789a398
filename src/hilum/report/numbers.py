"""Numbers as a reader of the report sees them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, TypeGuard

__all__ = [
    "MISSING",
    "counted",
    "decimals",
    "duration",
    "fixed",
    "has_exact",
    "interval",
    "known",
    "signed",
    "thousands",
]

MISSING = "–"
"""Stands where a number is not defined or not known."""

WIDE_INTERVAL = 0.1
"""An interval wider than this doesn't bear a third decimal: its second one is already unsure."""

NARROW_NO_BREAK_SPACE = "\u202f"


def known(number: object) -> TypeGuard[float]:
    """Whether `number` is a finite number (not None, NaN or infinite)."""
    return isinstance(number, int | float) and math.isfinite(number)


def decimals(estimate: Mapping[str, Any]) -> int:
    """Return how many decimals an estimate is shown with: 3, or 2 where its interval is wide.

    A ratio has fewer from 10 on, and 2 where its interval has no upper end.
    """
    value, low, high = (estimate.get(key) for key in ("value", "low", "high"))
    if known(value) and value >= 10:
        return 0 if value >= 100 else 1
    if known(low) and not known(high):
        return 2
    if known(low) and known(high) and high - low > WIDE_INTERVAL:
        return 2
    return 3


def fixed(number: float | None, places: int = 3) -> str:
    """Return `number` with `places` decimals, a minus as long as a plus.

    Only 1 itself is written 1.000 and only 0 itself 0.000: what lies between is never rounded
    to a perfect or a hopeless score (0.9997 gives 0.999).
    """
    if number is None or not known(number):
        return MISSING
    text = f"{number:.{places}f}"
    if 0 < number < 1 and float(text) in (0.0, 1.0):
        step = 10.0**-places
        text = f"{step if number < 0.5 else 1 - step:.{places}f}"
    return text.replace("-", "−")


def interval(estimate: Mapping[str, Any]) -> str:
    """Return the interval of an estimate, `low–high`; empty where it is not defined.

    That of a ratio may have no upper end: `4.51–∞`. With a negative end it is `−0.10 to 0.20`.
    """
    low, high = estimate.get("low"), estimate.get("high")
    if not known(low):
        return ""
    places = decimals(estimate)
    if not known(high):
        return f"{fixed(low, places)}–∞"
    return f"{fixed(low, places)}{' to ' if low < 0 else '–'}{fixed(high, places)}"


def signed(estimate: Mapping[str, Any], places: int = 4) -> str:
    """Return a difference of shares with its interval, its signs shown.

    A difference of small shares takes a fourth decimal.
    """
    value, low, high = (estimate.get(key) for key in ("value", "low", "high"))
    if not (known(value) and known(low) and known(high)):
        return MISSING
    number_text, least, most = (f"{number:+.{places}f}" for number in (value, low, high))
    return f"{number_text} (from {least} to {most})".replace("-", "−")


def thousands(number: int | None) -> str:
    """Return a count with its thousands set apart by a narrow space."""
    if number is None:
        return MISSING
    return f"{int(number):,}".replace(",", NARROW_NO_BREAK_SPACE)


def counted(number: int, noun: str) -> str:
    """Return a count with its noun, in the plural where it is due."""
    return f"{thousands(number)} {noun}{'' if number == 1 else 's'}"


def duration(seconds: float | None) -> str:
    """Return a time span in the one or two units that matter."""
    if seconds is None or not known(seconds):
        return MISSING
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def has_exact(content: object) -> bool:
    """Whether any estimate inside nested dicts and lists has the method `exact`."""
    if isinstance(content, Mapping):
        return content.get("method") == "exact" or any(map(has_exact, content.values()))
    return isinstance(content, list) and any(map(has_exact, content))
