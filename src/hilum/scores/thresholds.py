"""Operating points: thresholds of the positive class's probability, chosen on validation.

Thresholds apply to the network's own probability of the positive class, as in predictions.csv,
not to the calibrated one. With two classes that makes no difference, since scaling by a
temperature keeps the order; with more it does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import floor
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from hilum.scores.bootstrap import bootstrap_weights, exact_bound, interval_of
from hilum.scores.classification import (
    UNDEFINED,
    Labelled,
    by_group,
    called_under,
    groups_behind,
)
from hilum.scores.further_metrics import FURTHER, further_called_under, further_estimates
from hilum.scores.metrics_block import confusion_matrix

__all__ = [
    "OperatingPoint",
    "call_at",
    "called_metrics",
    "choose_thresholds",
    "thresholds_block",
]

Floats = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]

EVEN = 0.5
SENSITIVITIES = (95, 100)
"""In hundredths, so that the comparison is exact in whole numbers of slices."""
READABLE = 3
"""Significant digits of a threshold, where they suffice to lie between its neighbours."""


class OperatingPoint(NamedTuple):
    """A threshold, None where it is not defined; and why, or a caution."""

    threshold: float | None
    note: str = ""


def call_at(
    probabilities: Floats, threshold: float, *, class_names: list[str], positive: str
) -> npt.NDArray[np.object_]:
    """Return the class called of each case, (n,): positive at or above the threshold.

    Below it, the most probable of the other classes is called.

    Args:
        probabilities: (n, classes), the network's own.
        threshold: 0 to 1.
    """
    index = class_names.index(positive)
    others = [name for name in class_names if name != positive]
    rest = np.delete(probabilities, index, axis=1).argmax(axis=1)
    called: npt.NDArray[np.object_] = np.array(others, dtype=object)[rest]
    called[probabilities[:, index] >= threshold] = positive
    return called


def choose_thresholds(validation: Labelled | None) -> dict[str, OperatingPoint]:
    """Return the operating points by name.

    - `0.5`: with two classes, the more probable one is called.
    - `youden`: where sensitivity + specificity - 1 is greatest (Youden 1950); of several, the
      lowest, which misses least.
    - `sensitivity-0.95`, `sensitivity-1.00`: the highest with at least that sensitivity.

    A threshold lies midway between the two observed probabilities that it separates. At
    the upper one the same validation slices would be called; but one new positive in n + 1 is
    expected below the lowest of n, and midway some of those are still found.

    Args:
        validation: slices that took no part in training; None where there are none: `0.5` alone.
    """
    points = {"0.5": OperatingPoint(EVEN)}
    if validation is None or not len(validation.label):
        return points
    names = ["youden", *(f"sensitivity-{share / 100:.2f}" for share in SENSITIVITIES)]
    score, truth = validation.score, validation.is_positive
    if not truth.any():
        return points | dict.fromkeys(
            names, OperatingPoint(None, "there is no positive validation slice")
        )
    if np.ptp(score) == 0:
        alike = OperatingPoint(None, "all validation slices got the same probability")
        return points | dict.fromkeys(names, alike)
    values, found, false = _counts_above(score, truth)
    points["youden"] = _youden(values, found, false)
    for name, share in zip(names[1:], SENSITIVITIES, strict=True):
        last = int(np.flatnonzero(found * 100 >= share * found[0])[-1])
        note = _promise(validation) if share == 100 else ""
        points[name] = OperatingPoint(_between(values, last), note)
    return points


def thresholds_block(cases: Mapping[str, Labelled]) -> dict[str, Any]:
    """Return what metrics.json says of the operating points.

    Args:
        cases: split -> predictions; the points are chosen on `validation`, where it is there, and
            described on it and on `test`, per slice and per group.
    """
    points = choose_thresholds(cases.get("validation"))
    content: dict[str, Any] = {
        name: {"threshold": point.threshold, **({"note": point.note} if point.note else {})}
        for name, point in points.items()
    }
    thresholds = {
        name: point.threshold for name, point in points.items() if point.threshold is not None
    }
    for split in ("validation", "test"):
        if split not in cases:
            continue
        units = {"per_slice": cases[split], "per_group": by_group(cases[split])}
        for unit, unit_cases in units.items():
            for name, metrics in called_metrics(_called_at(unit_cases, thresholds)).items():
                content[name].setdefault(split, {})[unit] = metrics
    return {"chosen_on": "validation" if "validation" in cases else None, "points": content}


def _called_at(cases: Labelled, thresholds: Mapping[str, float]) -> dict[str, Labelled]:
    """Return the cases with the classes called at each threshold."""
    names = list(cases.class_names)
    return {
        name: replace(
            cases,
            predicted=call_at(
                cases.probabilities, point, class_names=names, positive=cases.positive
            ),
        )
        for name, point in thresholds.items()
    }


def called_metrics(called: Mapping[str, Labelled]) -> dict[str, dict[str, Any]]:
    """Return the metrics that rest on the class called, with intervals, and the confusion matrix.

    All but the AUC and average precision, which no threshold changes.

    Args:
        called: operating point -> the same cases, in the same order, with the classes called there.

    Returns:
        operating point -> metric -> estimate, as metrics.json has it, and `confusion`; the
        intervals of all points are on the same resamples.
    """
    if not called:
        return {}
    first = next(iter(called.values()))
    parts: dict[str, list[dict[str, Floats]]] = {name: [] for name in called}
    for weights in bootstrap_weights(first.group, first.label):
        for name, cases in called.items():
            parts[name].append(_under(cases, weights))
    return {name: _with_intervals(cases, parts[name]) for name, cases in called.items()}


def _under(cases: Labelled, weights: Floats) -> dict[str, Floats]:
    """Return all metrics that depend on the called class under each row of weights (draws, n)."""
    return {**called_under(cases, weights), **further_called_under(cases, weights)}


def _with_intervals(cases: Labelled, parts: list[dict[str, Floats]]) -> dict[str, Any]:
    """Return the metrics of the called classes with their intervals, and the confusion matrix."""
    groups_of = groups_behind(cases)
    observed = _under(cases, np.ones((1, len(cases.label))))
    values = {name: float(value[0]) for name, value in observed.items()}
    draws = {name: np.concatenate([part[name] for part in parts]) for name in values}
    further = {name: value for name, value in values.items() if name in FURTHER}
    estimates = {
        name: interval_of(value, draws[name], groups=groups_of[name], undefined=UNDEFINED[name])
        for name, value in values.items()
        if name not in FURTHER
    } | further_estimates(cases, further, draws)
    content: dict[str, Any] = {name: of.as_json() for name, of in estimates.items()}
    return {**content, "confusion": confusion_matrix(cases)}


def _counts_above(score: Floats, truth: npt.NDArray[np.bool_]) -> tuple[Floats, Counts, Counts]:
    """Return the distinct scores, rising, and the true and false positives from each of them on."""
    values, index = np.unique(score, return_inverse=True)
    counted = [np.bincount(index[of], minlength=len(values)) for of in (truth, ~truth)]
    found, false = (np.cumsum(of[::-1])[::-1].astype(np.int64) for of in counted)
    return values, found, false


def _youden(values: Floats, found: Counts, false: Counts) -> OperatingPoint:
    if false[0] == 0:
        return OperatingPoint(None, "there is no negative validation slice")
    index = found * false[0] - false * found[0]  # times both classes' numbers: whole, so ties tie
    best = int(index.argmax())
    if index[best] <= 0:
        return OperatingPoint(
            None, "no threshold does better on validation than predicting every slice positive"
        )
    return OperatingPoint(_between(values, best))


def _between(values: Floats, index: int) -> float:
    """Return a short number midway between a score and the next lower one, above the latter.

    Below the lowest score lies 0.
    """
    low, high = float(values[index - 1]) if index else 0.0, float(values[index])
    for digits in range(READABLE, 18):
        short = float(f"{(low + high) / 2:.{digits}g}")
        if low < short <= high:
            return short
    return high


def _promise(validation: Labelled) -> str:
    """Return what finding every validation slice implies for new ones.

    The share of new groups below the lowest of n positive groups is at most 1 - 0.025 ** (1 / n),
    with 97.5 % confidence, whatever the distribution (Wilks 1941): the exact bound of n of n.
    """
    groups = len(set(validation.group[validation.is_positive]))
    return (
        f"It finds every validation slice of {groups} {validation.positive} "
        f"{'group' if groups == 1 else 'groups'}; of new groups, as few as "
        f"{_floored(exact_bound(groups))} may be found completely."
    )


def _floored(share: float) -> str:
    """Return a share in per cent, never rounded up: 99.96 is not 100."""
    return f"{floor(share * 1000) / 10:g} %"
