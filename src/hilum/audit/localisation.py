"""Localisation check: maps must find lesions better than controls that know no disease."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hilum.audit.concern import Concern
from hilum.audit.significance import is_significant
from hilum.scores.localisation import METRICS, NETWORK

__all__ = ["REQUIRED_CONTROLS", "localisation_concern"]

REQUIRED_CONTROLS = {
    "centre_prior": "a blob in the middle of the picture",
    "lesion_prior": "the place where training lesions lie",
    "random_network": "an untrained network of the same kind",
    "edges": "an edge filter",
}
"""The controls that the maps must beat, and what a sentence calls them. Random boxes and chance
are weaker than these, and beating them proves less."""
VERDICT_METRIC = "pointing"
"""The metric that the verdict rests on, chosen before any was computed: it needs no threshold and
no size of a hot region, and all of its controls can be as good as the network."""


_OPENINGS = {
    "above": "The maps find the lesions better than every control",
    "not_above": "The maps are not shown to find the lesions better than ",
    "below": "The maps find lesions less often than ",
}


def localisation_concern(summary: Mapping[str, Any]) -> Concern:
    """Return whether the network's maps find the lesions better than every control.

    A control is beaten where the paired difference is significantly above 0, see `is_significant`.

    Args:
        summary: of all slices with a lesion, as `hilum.scores.localisation.summarise` gives it.

    Returns:
        level `above`, `not_above`, `below` (some control is better beyond its interval) or
        `undefined` (there is no slice with a lesion), and as numbers the required controls
        that were measured, `asked`, and `beaten`: those that the network beats, for each metric.
    """
    if not summary["n"]:
        sentence = "No slice has a lesion that maps could be compared with."
        return Concern("localisation", "undefined", sentence, {"asked": [], "beaten": {}})
    minus = summary["per_slice"]["network_minus"]
    pointing = {
        name: metrics[VERDICT_METRIC] for name, metrics in summary["per_slice"]["figures"].items()
    }
    beaten = {
        metric: [
            name
            for name in REQUIRED_CONTROLS
            if name in minus and is_significant(minus[name][metric], 1)
        ]
        for metric in METRICS
    }
    controls = [name for name in REQUIRED_CONTROLS if name in minus]
    left = [name for name in controls if name not in beaten[VERDICT_METRIC]]
    better = [name for name in left if is_significant(minus[name][VERDICT_METRIC], -1)]
    level = "below" if better else "not_above" if left else "above"
    best = max(better or left or controls, key=lambda name: float(pointing[name]["value"]))
    comparison = (
        f"Their highest point lies in a lesion on {_percent(pointing[NETWORK])} of "
        f"{summary['n']} slices of {summary['groups']} groups, that of {REQUIRED_CONTROLS[best]} "
        f"on {_percent(pointing[best])}; the difference is {_points(minus[best][VERDICT_METRIC])}."
    )
    opening = _OPENINGS[level] + _first_of(better or left)
    numbers = {"asked": controls, "beaten": beaten}
    return Concern("localisation", level, f"{opening}. {comparison}", numbers)


def _first_of(names: list[str]) -> str:
    """Return the first of these controls in words, and how many more there are."""
    more = len(names) - 1
    others = f", or than {more} other control{'' if more == 1 else 's'}" if more > 0 else ""
    return f"{REQUIRED_CONTROLS[names[0]]}{others}" if names else ""


def _percent(metric: Mapping[str, Any]) -> str:
    """Return a share with its interval in per cent."""
    value, low, high = (100 * metric[key] for key in ("value", "low", "high"))
    return f"{value:.0f} % [{low:.0f}, {high:.0f}]"


def _points(difference: Mapping[str, Any]) -> str:
    """Return a difference of shares in percentage points, signs shown."""
    value, low, high = (100 * difference[key] for key in ("value", "low", "high"))
    return f"{value:+.0f} points [{low:+.0f}, {high:+.0f}]".replace("-", "−")
