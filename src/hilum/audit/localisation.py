"""Whether maps find lesions better than what knows nothing of the slice's disease."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hilum.audit.concern import Concern
from hilum.scores.localisation import FIGURES, NETWORK
from hilum.scores.paired import ALPHA, least_p

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


def localisation_concern(told: Mapping[str, Any]) -> Concern:
    """Return whether the network's maps find the lesions better than every control.

    A control is beaten where the interval of the paired difference lies above 0, and enough groups
    tell the two apart for a sign test to say so if they all agree (see `least_p`): a bootstrap over
    few groups is too sure of itself.

    Args:
        told: of all slices with a lesion, as `hilum.scores.localisation.summarise` gives it.

    Returns:
        level `above`, `not_above`, `below` (some control is better beyond its interval) or
        `undefined` (there is no slice with a lesion), and as numbers `beaten`: for each figure the
        controls that the network beats.
    """
    if not told["n"]:
        sentence = "No slice has a lesion that maps could be held against."
        return Concern("localisation", "undefined", sentence, {"beaten": {}})
    figures, minus = told["per_slice"]["figures"], told["per_slice"]["network_minus"]
    beaten = {
        figure: [name for name in ASKED if name in minus and _above(minus[name][figure])]
        for figure in FIGURES
    }
    asked = [name for name in ASKED if name in minus]
    left = [name for name in asked if name not in beaten[FIGURE]]
    better = [name for name in left if minus[name][FIGURE]["high"] < 0]
    level = "below" if better else "not_above" if left else "above"
    strongest = max(better or left or asked, key=lambda name: float(figures[name][FIGURE]["value"]))
    opening = {
        "above": "The maps find the lesions better than every control",
        "not_above": f"The maps are not shown to find the lesions better than {_listed(left)}",
        "below": f"The maps find the lesions worse than {_listed(better)}",
    }[level]
    reached = (
        f"their highest point lies in one on {_percent(figures[NETWORK][FIGURE])} of "
        f"{told['n']} slices of {told['groups']} groups, that of {ASKED[strongest]} on "
        f"{_percent(figures[strongest][FIGURE])}; the difference is "
        f"{_points(minus[strongest][FIGURE])}."
    )
    return Concern("localisation", level, f"{opening}: {reached}", {"beaten": beaten})


def _above(difference: Mapping[str, Any]) -> bool:
    """Whether a paired difference is above 0 beyond its interval, by enough groups."""
    low = difference["low"]
    return low is not None and low > 0 and least_p(difference["groups"]) < ALPHA


def _listed(names: list[str]) -> str:
    """Return the controls as a sentence lists them."""
    words = [ASKED[name] for name in names]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def _percent(figure: Mapping[str, Any]) -> str:
    """Return a share with its interval in per cent."""
    value, low, high = (100 * figure[key] for key in ("value", "low", "high"))
    return f"{value:.0f} % [{low:.0f}, {high:.0f}]"


def _points(difference: Mapping[str, Any]) -> str:
    """Return a difference of shares in percentage points, signs shown."""
    value, low, high = (100 * difference[key] for key in ("value", "low", "high"))
    return f"{value:+.0f} points [{low:+.0f}, {high:+.0f}]".replace("-", "−")
