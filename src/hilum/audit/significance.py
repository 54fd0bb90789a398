"""Whether a paired difference is more than chance."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hilum.scores.paired import ALPHA, least_p

__all__ = ["is_significant"]


def is_significant(difference: Mapping[str, Any], sign: int) -> bool:
    """Whether a difference is above 0 (or below, with sign -1) beyond chance.

    Its interval must lie there, and enough groups tell the two apart for a sign test to say so if
    they all agree (see `least_p`): a bootstrap over few groups is too sure of itself.

    Args:
        difference: `low`, `high`, and in how many `groups` the two differ.
        sign: 1 or -1.
    """
    low, high = difference["low"], difference["high"]
    if low is None or not least_p(difference["groups"]) < ALPHA:
        return False
    return bool(low > 0 if sign > 0 else high < 0)
