"""Everything that comparison.json holds: what other files of a comparison show is only this."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from hilum.catalogue.networks import known_networks
from hilum.progress import SILENT, Progress
from hilum.run.elsewhere import read_elsewhere
from hilum.run.environment import version
from hilum.scores import INTERVAL, Labelled, by_group
from hilum.scores.paired import (
    ALPHA,
    PAIRED,
    RESAMPLES,
    Difference,
    best_network,
    least_p,
    paired_differences,
)
from hilum.scores.paired.classical import CLASSICAL, classical_tests
from hilum.steps.compare.best_of_n import best_inside_folds
from hilum.steps.compare.runs import METRICS, ComparedRun, run_facts
from hilum.steps.compare.sets import comparable_sets, refusal

__all__ = ["comparison_of"]

UNITS = ("per_slice", "per_group")
NO_PAIRS: dict[str, dict[str, list[Difference]]] = {
    unit: {name: [] for name in METRICS} for unit in UNITS
}
"""Of a run that stands alone with its slices."""

DATA_DIFFER = (
    "The paper's slices and split are not these: other slices, and a split by image there, under "
    "which slices of one patient fall on both sides. No difference between the two means "
    "anything about the networks, the paper or hilum."
)


def comparison_of(
    runs: Sequence[ComparedRun],
    *,
    spreads: Sequence[Mapping[str, Any]] = (),
    progress: Progress = SILENT,
) -> dict[str, Any]:
    """Return the content of comparison.json.

    Args:
        runs: at least two.
        spreads: how far the metrics of repeated trainings among them spread.
        progress: reports the resamples done.

    Raises:
        RunError: a run's files don't hold what a comparison needs.
    """
    sets = comparable_sets(runs)
    sets_content = [_set_content([runs[index] for index in indices], progress) for indices in sets]
    return {
        "hilum": version(),
        "interval": INTERVAL,
        "paired": PAIRED,
        "classical": CLASSICAL,
        "figures": list(METRICS),
        "refusal": refusal(runs, sets),
        "sets": sets_content,
        "best": _marks(sets_content),
        "runs": [_run_content(compared) for compared in runs],
        "spreads": list(spreads),
        "paper": {"sentence": DATA_DIFFER, "networks": _paper(runs)},
        "choice": best_inside_folds(runs) if len(sets) == 1 else None,
    }


def _run_content(compared: ComparedRun) -> dict[str, Any]:
    """Return the entry of one run."""
    test, probe = compared.metrics["splits"]["test"], compared.metrics.get("border_probe") or {}
    return {
        **run_facts(compared),
        **{unit: _without_class_curves(test[unit]) for unit in UNITS},
        "border": {"level": probe.get("level"), **(probe.get("test") or {})} if probe else None,
        "within_source": compared.metrics.get("within_source"),
        "elsewhere": [_elsewhere(metrics) for metrics in read_elsewhere(compared.run)],
        "border_validation_auc": (probe.get("validation") or {}).get("auc", {}).get("value"),
        "thresholds": _operating_points(compared.metrics.get("thresholds")),
        "calibration": _calibration(compared.metrics.get("calibration")),
        "history": None
        if compared.history is None
        else [
            {key: None if math.isnan(number) else number for key, number in row.items()}
            for row in compared.history.to_dict("records")
        ],
    }


def _elsewhere(metrics: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a comparison shows of an evaluation on another table."""
    named = ("name", "sentence", "positive", "class_names", "called_positive")
    per_slice = metrics["per_slice"]
    return {
        **{key: metrics[key] for key in named},
        "n": per_slice["n"],
        "groups": per_slice["groups"],
        "auc": per_slice["figures"]["auc"],
        "border_auc": metrics["border_probe"]["test"]["auc"],
        "within_source_auc": metrics["within_source"]["pooled"],
        "overlap": metrics["overlap"]["slices"],
        "overlap_sentence": metrics["overlap"]["sentence"],
    }


def _without_class_curves(block: Mapping[str, Any]) -> dict[str, Any]:
    """Return what metrics.json holds of a set, of its single classes the metrics alone."""
    if "classes" not in block:
        return dict(block)
    classes = {
        name: {key: of[key] for key in ("n", "groups", "figures")}
        for name, of in block["classes"].items()
    }
    return {**block, "classes": classes}


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
    selected = {key: block[key] for key in ("temperature", "fitted", "note") if key in block}
    return {**selected, "test": test}


def _set_content(runs: Sequence[ComparedRun], progress: Progress) -> dict[str, Any]:
    """Return the entry of the runs on the same slices: data, doubts, paired differences."""
    metrics = runs[0].metrics
    cases = [compared.cases for compared in runs]
    by_unit = {"per_slice": cases, "per_group": [by_group(of_slices) for of_slices in cases]}
    pairs = _differences(by_unit, progress) if len(runs) > 1 else NO_PAIRS
    tests = {unit: classical_tests(of_unit) for unit, of_unit in by_unit.items()}
    return {
        "runs": [compared.name for compared in runs],
        "positive": runs[0].positive,
        "class_names": runs[0].class_names,
        **{key: metrics["splits"]["test"]["per_slice"].get(key) for key in ("n", "groups")},
        "by_class": metrics["splits"]["test"]["per_slice"].get("by_class"),
        "design": metrics["design"],
        "leak": metrics["split"]["leak"],
        "cautions": list(metrics.get("cautions", [])),
        "borders": _borders(runs),
        "not_above_border": [compared.name for compared in runs if _not_above_border(compared)],
        "power": _power(pairs["per_slice"]),
        "pairs": {
            unit: {
                name: _named(differences, runs, tests[unit].get(name))
                for name, differences in of_unit.items()
            }
            for unit, of_unit in pairs.items()
        },
        "best": {unit: _best(runs, unit, of_unit) for unit, of_unit in pairs.items()},
    }


def _differences(
    by_unit: Mapping[str, Sequence[Labelled]], progress: Progress
) -> dict[str, dict[str, list[Difference]]]:
    """Return unit -> metric -> all pairs.

    Args:
        by_unit: `per_slice` and `per_group`: every run's cases, in the same order.
        progress: reports the resamples of slices done.
    """
    found = {
        unit: paired_differences(cases, progress=progress if unit == "per_slice" else SILENT)
        for unit, cases in by_unit.items()
    }
    return {unit: {name: of_unit[name] for name in METRICS} for unit, of_unit in found.items()}


def _named(
    pairs: Sequence[Difference],
    runs: Sequence[ComparedRun],
    tests: Sequence[Mapping[str, Any]] | None,
) -> list[dict[str, Any]]:
    """Return the pairs with the names of their runs, and their classical test, if any."""
    return [
        {
            "first": runs[pair.first].name,
            "second": runs[pair.second].name,
            **pair.as_json(),
            **test,
        }
        for pair, test in zip(pairs, tests or [{}] * len(pairs), strict=True)
    ]


def _best(
    runs: Sequence[ComparedRun], unit: str, pairs: Mapping[str, Sequence[Difference]]
) -> dict[str, Any]:
    """Return for each metric the run with the highest value and whether it is marked."""
    content = {}
    for name, differences in pairs.items():
        estimates = [compared.metrics["splits"]["test"][unit]["figures"][name] for compared in runs]
        best = best_network([estimate["value"] for estimate in estimates], differences)
        content[name] = {
            "name": None if best.first is None else runs[best.first].name,
            "marked": best.marked,
        }
    return content


def _marks(sets: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return figure -> name of the network that is best beyond chance, per unit; and in words.

    With several sets nothing is marked: figures of different sets are not comparable.
    """
    comparable = len(sets) == 1
    content: dict[str, Any] = {
        unit: {
            name: best["name"] if comparable and best["marked"] else None
            for name, best in sets[0]["best"][unit].items()
        }
        for unit in UNITS
    }
    marked = any(content[unit][name] for unit in UNITS for name in content[unit])
    if not comparable:
        sentence = (
            "No network is marked as best: the runs are not all on the same slices and split."
        )
    elif marked:
        sentence = (
            "Marked is a network that is significantly better than every other one: all its paired "
            f"differences have an adjusted p below {ALPHA:.2g}. Where nothing is marked, none is."
        )
    else:
        sentence = (
            "No network is significantly better than all others by any metric (adjusted p below "
            f"{ALPHA:.2g}), so none is marked."
        )
    return {**content, "sentence": sentence}


def _power(pairs: Mapping[str, Sequence[Difference]]) -> dict[str, Any] | None:
    """Return the least p that a difference of AUC can get here, and what follows from it."""
    defined = [pair for pair in pairs.get("auc", ()) if pair.p is not None]
    if not defined:
        return None
    groups = max(pair.groups for pair in defined)
    least = max(least_p(groups), 2 / (RESAMPLES + 1))
    adjusted = min(1.0, least * len(defined))
    sentence = ""
    if adjusted >= ALPHA:
        sentence = (
            f"The smaller class has {groups} test {'group' if groups == 1 else 'groups'}: no "
            f"difference in AUC can reach a p below {least:.2g}, which is {adjusted:.2g} after "
            f"Holm's correction for {len(defined)}. These slices can't show that one of these "
            f"networks is better than another by AUC, however large the difference."
        )
    return {
        "groups": groups,
        "least_p": round(least, 6),
        "least_p_holm": round(adjusted, 6),
        "sentence": sentence,
    }


def _borders(runs: Sequence[ComparedRun]) -> list[dict[str, Any]]:
    """Return what the border alone reaches, once for each input size at which it differs."""
    borders: list[dict[str, Any]] = []
    for compared in runs:
        probe = (compared.metrics.get("border_probe") or {}).get("test")
        if not probe:
            continue
        same = next((border for border in borders if border["auc"] == probe["auc"]), None)
        if same is not None:
            same["runs"].append(compared.name)
            continue
        numbers = {key: probe.get(key) for key in ("auc", "per_group", "roc")}
        pixels = compared.metrics["border_probe"].get("pixels")
        borders.append({**numbers, "pixels": pixels, "runs": [compared.name]})
    return borders


def _not_above_border(compared: ComparedRun) -> bool:
    """Whether a network is not shown to rank better than the border alone."""
    lead = (compared.metrics.get("border_probe") or {}).get("test", {}).get("network_minus_border")
    return bool(lead) and (lead["low"] is None or lead["low"] <= 0)


def _paper(runs: Sequence[ComparedRun]) -> list[dict[str, Any]]:
    """Return the paper's Table 2 row of each run whose network it has."""
    known = known_networks()
    rows = []
    for compared in runs:
        backbone = compared.network.get("backbone")
        if backbone in known and compared.run.kind != "ensemble":
            network = known[str(backbone)]
            rows.append({"name": compared.name, "network": network.title, "figures": network.paper})
    return rows
