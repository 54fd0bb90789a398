"""Everything that comparison.json holds: what other files of a comparison show is only this."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from hilum.catalogue.networks import known_networks
from hilum.progress import SILENT, Progress
from hilum.run.environment import version
from hilum.scores import INTERVAL, Labelled, by_group
from hilum.scores.paired import (
    ALPHA,
    PAIRED,
    RESAMPLES,
    Difference,
    least_p,
    paired_differences,
    told_best,
)
from hilum.steps.compare.best_of_n import best_inside_folds
from hilum.steps.compare.runs import FIGURES, ComparedRun, run_facts
from hilum.steps.compare.sets import comparable_sets, refusal

__all__ = ["comparison_of"]

UNITS = ("per_slice", "per_group")
NO_PAIRS: dict[str, dict[str, list[Difference]]] = {
    unit: {name: [] for name in FIGURES} for unit in UNITS
}
"""Of a run that stands alone with its slices."""

DATA_DIFFER = (
    "The paper's slices and split are not these: other slices, and a split by image there, under "
    "which slices of one patient fall on both sides. No difference between the two means "
    "anything about the networks, the paper or hilum."
)


def comparison_of(runs: Sequence[ComparedRun], *, progress: Progress = SILENT) -> dict[str, Any]:
    """Return the content of comparison.json.

    Args:
        runs: at least two.
        progress: told how far the resampling is.

    Raises:
        RunError: a run's files don't hold what a comparison needs.
    """
    sets = comparable_sets(runs)
    told_sets = [_told_set([runs[place] for place in one], progress) for one in sets]
    return {
        "hilum": version(),
        "interval": INTERVAL,
        "paired": PAIRED,
        "figures": list(FIGURES),
        "refusal": refusal(runs, sets),
        "sets": told_sets,
        "best": _marks(told_sets),
        "runs": [_told_run(one) for one in runs],
        "paper": {"sentence": DATA_DIFFER, "networks": _paper(runs)},
        "choice": best_inside_folds(runs) if len(sets) == 1 else None,
    }


def _told_run(one: ComparedRun) -> dict[str, Any]:
    """Return what is said of one run."""
    test, probe = one.metrics["splits"]["test"], one.metrics.get("border_probe") or {}
    return {
        **run_facts(one),
        **{unit: test[unit] for unit in UNITS},
        "border": {"level": probe.get("level"), **(probe.get("test") or {})} if probe else None,
        "border_validation_auc": (probe.get("validation") or {}).get("auc", {}).get("value"),
        "thresholds": _operating_points(one.metrics.get("thresholds")),
        "calibration": _calibration(one.metrics.get("calibration")),
        "history": None
        if one.history is None
        else [
            {key: None if math.isnan(number) else number for key, number in row.items()}
            for row in one.history.to_dict("records")
        ],
    }


def _operating_points(block: Any) -> dict[str, Any] | None:
    """Return each operating point with its threshold and what it gives on the test slices."""
    if not isinstance(block, Mapping) or not block.get("points"):
        return None
    points = {
        name: {key: point[key] for key in ("threshold", "note", "test") if key in point}
        for name, point in block["points"].items()
    }
    return {"chosen_on": block.get("chosen_on"), "points": points}


def _calibration(block: Any) -> dict[str, Any] | None:
    """Return temperature, and Brier score and calibration error of the test slices."""
    if not isinstance(block, Mapping) or "test" not in block:
        return None
    test = {
        when: {key: block["test"][when][key] for key in ("brier", "calibration_error")}
        for when in ("before", "after")
        if when in block["test"]
    }
    kept = {key: block[key] for key in ("temperature", "fitted", "note") if key in block}
    return {**kept, "test": test}


def _told_set(runs: Sequence[ComparedRun], progress: Progress) -> dict[str, Any]:
    """Return what is said of the runs on the same slices: data, doubts, paired differences."""
    metrics = runs[0].metrics
    pairs = _pairs(runs, progress) if len(runs) > 1 else NO_PAIRS
    return {
        "runs": [one.name for one in runs],
        "positive": runs[0].positive,
        "class_names": runs[0].class_names,
        **{key: metrics["splits"]["test"]["per_slice"].get(key) for key in ("n", "groups")},
        "by_class": metrics["splits"]["test"]["per_slice"].get("by_class"),
        "design": metrics["design"],
        "leak": metrics["split"]["leak"],
        "cautions": list(metrics.get("cautions", [])),
        "borders": _borders(runs),
        "not_above_border": [one.name for one in runs if _not_above_border(one)],
        "power": _power(pairs["per_slice"]),
        "pairs": {
            unit: {name: [_named(pair, runs) for pair in found] for name, found in of_unit.items()}
            for unit, of_unit in pairs.items()
        },
        "best": {unit: _best(runs, unit, of_unit) for unit, of_unit in pairs.items()},
    }


def _pairs(
    runs: Sequence[ComparedRun], progress: Progress
) -> dict[str, dict[str, list[Difference]]]:
    """Return unit -> figure -> all pairs; every run's cases stand in the order of slice_id."""
    cases: list[Labelled] = [one.cases for one in runs]
    found = {
        "per_slice": paired_differences(cases, progress=progress),
        "per_group": paired_differences([by_group(one) for one in cases]),
    }
    return {unit: {name: of_unit[name] for name in FIGURES} for unit, of_unit in found.items()}


def _named(pair: Difference, runs: Sequence[ComparedRun]) -> dict[str, Any]:
    return {"first": runs[pair.first].name, "second": runs[pair.second].name, **pair.as_json()}


def _best(
    runs: Sequence[ComparedRun], unit: str, pairs: Mapping[str, Sequence[Difference]]
) -> dict[str, Any]:
    """Return for each figure of merit the run with the highest value and whether it is marked."""
    told = {}
    for name, found in pairs.items():
        figures = [one.metrics["splits"]["test"][unit]["figures"][name] for one in runs]
        best = told_best([figure["value"] for figure in figures], found)
        told[name] = {
            "name": None if best.first is None else runs[best.first].name,
            "marked": best.marked,
        }
    return told


def _marks(sets: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return figure -> name of the network that is best beyond chance, per unit; and in words.

    With several sets nothing is marked: figures of different sets are not comparable.
    """
    whole = len(sets) == 1
    told: dict[str, Any] = {
        unit: {
            name: best["name"] if whole and best["marked"] else None
            for name, best in sets[0]["best"][unit].items()
        }
        for unit in UNITS
    }
    marked = any(told[unit][name] for unit in UNITS for name in told[unit])
    if not whole:
        sentence = (
            "No network is marked as best: the runs are not all of the same slices and split."
        )
    elif marked:
        sentence = (
            "Marked is what is best beyond chance: its paired difference to every other network "
            f"has an adjusted p below {ALPHA:.2g}. Where nothing is marked, no network is."
        )
    else:
        sentence = (
            "No network is best beyond chance by any figure of merit: no highest value differs "
            f"from all others with an adjusted p below {ALPHA:.2g}. So none is marked."
        )
    return {**told, "sentence": sentence}


def _power(pairs: Mapping[str, Sequence[Difference]]) -> dict[str, Any] | None:
    """Return the least p that a difference of AUC can get here, and what follows from it."""
    found = [pair for pair in pairs.get("auc", ()) if pair.p is not None]
    if not found:
        return None
    groups = max(pair.groups for pair in found)
    least = max(least_p(groups), 2 / (RESAMPLES + 1))
    adjusted = min(1.0, least * len(found))
    sentence = ""
    if adjusted >= ALPHA:
        sentence = (
            f"The smaller class has {groups} test {'group' if groups == 1 else 'groups'}: no "
            f"difference of AUC can get a p below {least:.2g}, which is {adjusted:.2g} after "
            f"Holm's correction if it is the least of {len(found)}. These slices can't show one of "
            f"these networks to be better than another by AUC, however large the difference."
        )
    return {
        "groups": groups,
        "least_p": round(least, 6),
        "least_p_holm": round(adjusted, 6),
        "sentence": sentence,
    }


def _borders(runs: Sequence[ComparedRun]) -> list[dict[str, Any]]:
    """Return what the border alone reaches, once for each input size at which it differs."""
    found: list[dict[str, Any]] = []
    for one in runs:
        probe = (one.metrics.get("border_probe") or {}).get("test")
        if not probe:
            continue
        same = next((told for told in found if told["auc"] == probe["auc"]), None)
        if same is not None:
            same["runs"].append(one.name)
            continue
        kept = {key: probe.get(key) for key in ("auc", "per_group", "roc")}
        pixels = one.metrics["border_probe"].get("pixels")
        found.append({**kept, "pixels": pixels, "runs": [one.name]})
    return found


def _not_above_border(one: ComparedRun) -> bool:
    """Whether a network is not shown to rank better than the border alone."""
    lead = (one.metrics.get("border_probe") or {}).get("test", {}).get("network_minus_border")
    return bool(lead) and (lead["low"] is None or lead["low"] <= 0)


def _paper(runs: Sequence[ComparedRun]) -> list[dict[str, Any]]:
    """Return the paper's Table 2 row of each run whose network it has."""
    known = known_networks()
    told = []
    for one in runs:
        backbone = one.network.get("backbone")
        if backbone in known and one.run.kind != "ensemble":
            network = known[str(backbone)]
            told.append({"name": one.name, "network": network.title, "figures": network.paper})
    return told
