"""The content of localisation.json, from the rows of localisation.csv."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from hilum.audit import localisation_concern
from hilum.cam_maps import MapsFacts
from hilum.prepare.lesions import REGIONS
from hilum.run.environment import version
from hilum.scores import FEW_GROUPS, INTERVAL
from hilum.scores.localisation import (
    CONTROLS,
    HOT,
    LEVELS,
    NETWORK,
    SIZES,
    metric_column,
    subsets,
    summarise,
)
from hilum.steps.localise.measure import Levels

__all__ = ["ChosenThresholds", "localisation_content"]

DECIMALS = 6


@dataclass(frozen=True)
class ChosenThresholds:
    """The thresholds of overlap, and the validation slices with lesions they were chosen on."""

    levels: Levels
    slices: int
    groups: int


def localisation_content(
    rows: pd.DataFrame, chosen: ChosenThresholds, maps: MapsFacts
) -> dict[str, Any]:
    """Return the content of localisation.json.

    Args:
        rows: of localisation.csv.
        chosen: thresholds.
        maps: facts about the network's maps.
    """
    kinds = [kind for kind in REGIONS if (rows["region"] == kind).any()]
    by_kind = {kind: rows[rows["region"] == kind] for kind in kinds}
    main = max(kinds, key=lambda kind: len(by_kind[kind]))
    summaries = {
        kind: {name: summarise(part) for name, part in subsets(of_kind).items()}
        for kind, of_kind in by_kind.items()
    }
    return {
        "hilum": version(),
        "split": maps.split,
        "target": maps.target,
        "method": maps.method,
        "layers": list(maps.layers),
        "interval": INTERVAL,
        "hot": HOT,
        "sizes": {name: round(most, DECIMALS) for name, most in SIZES.items()},
        "thresholds": _thresholds(chosen),
        "missed": _missed(by_kind[main]),
        "region": main,
        "verdict": localisation_concern(summaries[main]["all"]).as_json(),
        "notes": _notes(rows, chosen, maps.split),
        "regions": summaries,
    }


def _thresholds(chosen: ChosenThresholds) -> dict[str, Any]:
    """Return the thresholds of `iou`, as shares of a map's largest value."""
    shares: dict[str, dict[str, float]] = {}
    for (kind, name), level in sorted(chosen.levels.items()):
        shares.setdefault(kind, {})[name] = (level + 1) / LEVELS
    counts = {"slices": chosen.slices, "groups": chosen.groups, "shares": shares}
    return {"chosen_on": "validation" if chosen.levels else None, **counts}


def _missed(rows: pd.DataFrame) -> dict[str, int]:
    """Return how many maps of the network and of each control are zero or not finite.

    Such a map has no hot region; every other one has.
    """
    hot = {of: metric_column("hot", of) for of in (NETWORK, *CONTROLS)}
    return {of: int((rows[column] == 0).sum()) for of, column in hot.items() if column in rows}


def _notes(rows: pd.DataFrame, chosen: ChosenThresholds, split: str) -> list[str]:
    """Return notes on the metrics, in sentences."""
    notes, slices = [], rows.drop_duplicates("slice_id")
    groups = int(slices["group"].nunique())
    if groups < FEW_GROUPS:
        notes.append(
            f"Only {groups} {'group has' if groups == 1 else 'groups have'} slices with a lesion: "
            f"with fewer than {FEW_GROUPS}, bootstrap intervals come out too narrow."
        )
    missed = int((slices["state"] != "ok").sum())
    if missed:
        notes.append(
            f"{missed} of {len(slices)} maps {'is' if missed == 1 else 'are'} zero everywhere or "
            "not finite, and count as misses."
        )
    unchosen = sorted(set(rows["region"]) - {kind for kind, _ in chosen.levels})
    if unchosen:
        notes.append(
            f"No validation slice has {' or '.join(unchosen)} to choose a threshold on: IoU is "
            f"taken at {HOT:g} of each map's largest value."
        )
    elif split == "validation":
        notes.append("The thresholds of IoU were chosen on these very slices, so it is optimistic.")
    if split == "train":
        notes.append("The network has learnt these slices, and the lesion prior is made of them.")
    others = sorted(set(slices["label"]) - set(slices["target"]))
    if others:
        notes.append(
            f"Some maps are for another class than their slice's, {', '.join(others)}: they need "
            "not point at its lesion."
        )
    return notes
