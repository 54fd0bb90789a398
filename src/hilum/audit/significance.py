"""Whether a paired difference is significant."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hilum.scores.paired import ALPHA, least_p

__all__ = ["is_significant"]


def is_significant(difference: Mapping[str, Any], sign: int) -> bool:
    """Whether a difference is significantly above 0 (or below, with sign -1).

    Its interval must exclude 0, and enough groups must differ for a sign test to reach `ALPHA` if
    they all agree (see `least_p`): a bootstrap over few groups is anticonservative.

    Args:
        difference: `low`, `high`, and in how many `groups` the two differ.
        sign: 1 or -1.
    """
    low, high = difference["low"], difference["high"]
    if low is None or not least_p(difference["groups"]) < ALPHA:
        return False
    return bool(low > 0 if sign > 0 else high < 0)
