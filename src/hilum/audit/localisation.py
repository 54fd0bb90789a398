"""Whether maps find lesions better than what knows nothing of the slice's disease."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hilum.audit.clear import is_clear
from hilum.audit.concern import Concern
from hilum.scores.localisation import FIGURES, NETWORK

__all__ = ["ASKED", "localisation_concern"]

ASKED = {
    "centre_prior": "a blob in the middle of the picture",
    "lesion_prior": "the place where training lesions lie",
    "random_network": "an untrained network of the same kind",
    "edges": "an edge filter",
}
"""The controls that the maps must beat, and what a sentence calls them. Random boxes and chance
are weaker than these, and beating them proves less."""
FIGURE = "pointing"
"""The figure that the verdict rests on, chosen before any was looked at: it needs no threshold and
no size of a hot region, and all of its controls can be as good as the network."""


_OPENINGS = {
    "above": "The maps find the lesions better than every control",
    "not_above": "The maps are not shown to find the lesions better than ",
    "below": "The maps find lesions less often than ",
}


def localisation_concern(told: Mapping[str, Any]) -> Concern:
    """Return whether the network's maps find the lesions better than every control.

    A control is beaten where the paired difference is above 0 beyond chance, see `is_clear`.

    Args:
        told: of all slices with a lesion, as `hilum.scores.localisation.summarise` gives it.

    Returns:
        level `above`, `not_above`, `below` (some control is better beyond its interval) or
        `undefined` (there is no slice with a lesion), and as numbers the controls that were `asked`
        for, and `beaten`: those that the network beats, for each figure.
    """
    if not told["n"]:
        sentence = "No slice has a lesion that maps could be held against."
        return Concern("localisation", "undefined", sentence, {"asked": [], "beaten": {}})
    figures, minus = told["per_slice"]["figures"], told["per_slice"]["network_minus"]
    beaten = {
        figure: [name for name in ASKED if name in minus and is_clear(minus[name][figure], 1)]
        for figure in FIGURES
    }
    asked = [name for name in ASKED if name in minus]
    left = [name for name in asked if name not in beaten[FIGURE]]
    better = [name for name in left if is_clear(minus[name][FIGURE], -1)]
    level = "below" if better else "not_above" if left else "above"
    best = max(better or left or asked, key=lambda name: float(figures[name][FIGURE]["value"]))
    reached = (
        f"Their highest point lies in a lesion on {_percent(figures[NETWORK][FIGURE])} of "
        f"{told['n']} slices of {told['groups']} groups, that of {ASKED[best]} on "
        f"{_percent(figures[best][FIGURE])}; the difference is {_points(minus[best][FIGURE])}."
    )
    opening = _OPENINGS[level] + _first_of(better or left)
    numbers = {"asked": asked, "beaten": beaten}
    return Concern("localisation", level, f"{opening}. {reached}", numbers)


def _first_of(names: list[str]) -> str:
    """Return the first of these controls in words, and how many more there are."""
    more = len(names) - 1
    others = f", or than {more} other control{'' if more == 1 else 's'}" if more > 0 else ""
    return f"{ASKED[names[0]]}{others}" if names else ""


def _percent(figure: Mapping[str, Any]) -> str:
    """Return a share with its interval in per cent."""
    value, low, high = (100 * figure[key] for key in ("value", "low", "high"))
    return f"{value:.0f} % [{low:.0f}, {high:.0f}]"


def _points(difference: Mapping[str, Any]) -> str:
    """Return a difference of shares in percentage points, signs shown."""
    value, low, high = (100 * difference[key] for key in ("value", "low", "high"))
    return f"{value:+.0f} points [{low:+.0f}, {high:+.0f}]".replace("-", "−")
