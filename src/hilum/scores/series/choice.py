"""Metrics per series, and how slices are joined: chosen on validation series, stated with its k."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from hilum.scores.calibration import calibration_block
from hilum.scores.classification import Labelled
from hilum.scores.metrics_block import metrics_block
from hilum.scores.ranking import auc
from hilum.scores.series.joining import MAXIMUM, TOP_K, Joining
from hilum.scores.thresholds import choose_thresholds

__all__ = [
    "SERIES_COLUMN",
    "JoiningChoice",
    "SeriesCases",
    "choose_joining",
    "join_series",
    "series_block",
    "temperature_of",
]

CANDIDATES = (
    Joining(),
    *(Joining(TOP_K, k) for k in (20, 10, 5, 3, 2)),
    Joining(MAXIMUM),
)
"""From all slices to one: of those with equal AUC the first is taken, which rests on the most."""
FEWEST = 5
"""Validation series of each kind below which AUCs differ by chance: the mean is taken then."""
SERIES_COLUMN = "series_instance_uid"
GROUPS_STAND_IN = "The table names no series for some slices, so its groups stand for series."
DESCRIBED = ("validation", "test")
"""Splits with metrics per series: series are joined as validation chose."""

Texts = npt.NDArray[np.object_]


class SeriesCases(NamedTuple):
    """Slices with the series that each belongs to, (n,) text."""

    slices: Labelled
    series: Texts


class JoiningChoice(NamedTuple):
    """A joining, the AUC of each candidate on validation series, and a note for the reader."""

    joining: Joining
    candidates: list[dict[str, Any]]
    note: str


def join_series(cases: SeriesCases, joining: Joining) -> Labelled:
    """Return one case a series: joined probabilities, the most probable class, its slices' group.

    A series is positive if any of its slices is; otherwise it has the label of most of its slices.
    """
    slices = cases.slices
    names, positive = list(slices.class_names), slices.positive
    column = names.index(positive)
    rows = pd.Series(range(len(cases.series))).groupby(cases.series, sort=True)
    probabilities, labels, groups = [], [], []
    for _, members in rows:
        index = members.to_numpy()
        probabilities.append(joining.join(slices.probabilities[index], column))
        own = slices.label[index]
        usual = str(pd.Series(own).mode().iloc[0])
        labels.append(positive if (own == positive).any() else usual)
        groups.append(slices.group[index[0]])
    joined = np.array(probabilities, dtype=np.float64).reshape(-1, len(names))
    return Labelled(
        np.array(groups, dtype=object), np.array(labels, dtype=object),
        np.array(names, dtype=object)[joined.argmax(axis=1)], joined, slices.class_names, positive,
    )  # fmt: skip


def choose_joining(validation: SeriesCases | None) -> JoiningChoice:
    """Return the candidate with the highest AUC over validation series.

    With fewer than FEWEST series of the positive class or of the others, or with one slice a
    series, it is the mean.
    """
    mean = Joining()
    if validation is None or not len(validation.series):
        return JoiningChoice(mean, [], "There are no validation series; the mean is taken.")
    joined = join_series(validation, mean)
    positives = int(joined.is_positive.sum())
    fewest = min(positives, len(joined.label) - positives)
    if len(joined.label) == len(validation.series):
        return JoiningChoice(mean, [], "Each validation series has one slice; the mean is taken.")
    largest = int(pd.Series(validation.series).value_counts().max())
    candidates = []
    for one in CANDIDATES:
        if one.k is None or one.k < largest:
            cases = join_series(validation, one)
            candidates.append((auc(cases.is_positive, cases.score), one))
    found = [{**one.as_json(), "auc": None if np.isnan(a) else a} for a, one in candidates]
    if fewest < FEWEST:
        return JoiningChoice(
            mean, found,
            f"There are only {fewest} validation series of one kind, and {FEWEST} of each are "
            f"needed to choose; the mean is taken.",
        )  # fmt: skip
    best = max(candidates, key=lambda pair: pair[0])[1]
    n, groups = len(joined.label), len(set(joined.group))
    return JoiningChoice(best, found, f"Chosen on {n} validation series of {groups} groups by AUC.")


def series_block(cases: Mapping[str, SeriesCases], *, unit: str) -> dict[str, Any]:
    """Return what metrics.json says of series.

    Args:
        cases: split -> slices with their series; joining, temperature and operating points are
            chosen on `validation`, where it is there.
        unit: column that series are named by.
    """
    choice = choose_joining(cases.get("validation"))
    joined = {
        split: join_series(cases[split], choice.joining) for split in DESCRIBED if split in cases
    }
    validation = joined.get("validation")
    points = choose_thresholds(validation)
    return {
        "unit": unit,
        "joining": choice.joining.as_json(),
        "sentence": f"Slices of a series are joined by the {choice.joining.sentence()}.",
        "note": choice.note if unit == SERIES_COLUMN else f"{choice.note} {GROUPS_STAND_IN}",
        "candidates": choice.candidates,
        "splits": {split: metrics_block(part) for split, part in joined.items()},
        "thresholds": {name: point.threshold for name, point in points.items()},
        "calibration": calibration_block(joined),
    }


def temperature_of(block: Mapping[str, Any]) -> float | None:
    """Return the fitted temperature of a series block; None where it is none."""
    fit = block["calibration"]
    return float(fit["temperature"]) if fit["fitted"] else None
