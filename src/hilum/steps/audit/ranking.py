"""Attributes ranked: utility over all slices, detectability on the slices that have features."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from hilum.audit.attributes import (
    ALPHA,
    TELLS,
    Attribute,
    Utility,
    information,
    permuted_labels,
    utilities,
)
from hilum.audit.grouped import fit_ridge, one_hot
from hilum.table import SliceTable

__all__ = ["FeatureSample", "rank_attributes"]

Codes = npt.NDArray[np.int64]
Features = npt.NDArray[np.float32]

DEALS = 20
"""Deals of chance that detectability is corrected by; it has no p."""
SEED = 1
MOST_SHOWN = 3
"""Values of a text that are shown of each class."""


@dataclass(frozen=True)
class FeatureSample:
    """Features of some slices of a table.

    Attributes:
        features: (k, d) float32.
        rows: (k,) which slices they are of.
        folds: (k,) the fold of each.
    """

    features: Features
    rows: Codes
    folds: Codes


def rank_attributes(
    table: SliceTable,
    attributes: Sequence[Attribute],
    sample: FeatureSample | None = None,
) -> list[dict[str, Any]]:
    """Return a row for each attribute that can be judged, those that tell the label first.

    Args:
        table: all slices.
        attributes: of all slices.
        sample: features of some of them; None: there is no detectability.
    """
    labels = table.rows["label"].to_numpy(dtype=object)
    groups = table.rows["group"].to_numpy(dtype=object)
    judged = utilities(attributes, labels, groups)
    shown = [one for one in attributes if one.name in judged]
    seen = _detectabilities(shown, sample, labels, groups) if sample is not None else {}
    ranked = [
        _row(one, judged[one.name], seen.get(one.name, (None, None)), labels) for one in shown
    ]
    return sorted(ranked, key=lambda row: (not row["tells"], -row["utility"], -_known(row)))


def _known(row: dict[str, Any]) -> float:
    return float(row["detectability"] or 0.0)


def _row(
    attribute: Attribute,
    utility: Utility,
    seen: tuple[float | None, float | None],
    labels: npt.NDArray[np.object_],
) -> dict[str, Any]:
    overall, within = seen
    return {
        "name": attribute.name,
        "kind": attribute.kind,
        "utility": round(utility.value, 4),
        "p": round(utility.p, 4),
        "p_holm": round(utility.p_holm, 4),
        "tells": bool(utility.value >= TELLS and utility.p_holm < ALPHA),
        "detectability": None if overall is None else round(overall, 4),
        "detectability_within_classes": None if within is None else round(within, 4),
        "slices": utility.slices,
        "groups": utility.groups,
        "by_class": _by_class(attribute, labels),
    }


def _by_class(attribute: Attribute, labels: npt.NDArray[np.object_]) -> dict[str, str]:
    """Return class -> its median or its most frequent values, in words."""
    shown = {}
    for label in sorted(set(labels)):
        values = attribute.values[(labels == label) & attribute.known]
        if not len(values):
            shown[label] = "unknown"
        elif attribute.is_number:
            low, middle, high = np.quantile(values.astype(float), [0.1, 0.5, 0.9])
            spread = f" ({_short(low)} to {_short(high)})" if low < high else ""
            shown[label] = _short(middle) + spread
        else:
            shares = pd.Series(values).value_counts(normalize=True)[:MOST_SHOWN]
            shown[label] = ", ".join(f"{name} {share:.0%}" for name, share in shares.items())
    return shown


def _short(value: float) -> str:
    """Return a number with three significant digits, whole ones in full."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _detectabilities(
    attributes: Sequence[Attribute],
    sample: FeatureSample,
    labels: npt.NDArray[np.object_],
    groups: npt.NDArray[np.object_],
) -> dict[str, tuple[float | None, float | None]]:
    """Return name -> detectability, and the same given the label; None where not known."""
    features, rows, folds = sample.features, sample.rows, sample.folds
    codes = {one.name: one.codes()[rows] for one in attributes}
    targets = {name: one_hot(own) for name, own in codes.items()}
    guesses = {name: np.zeros(len(rows), dtype=np.int64) for name in codes}
    widths = np.cumsum([0, *(own.shape[1] for own in targets.values())])
    together = np.concatenate(list(targets.values()), axis=1)
    for fold in np.unique(folds):
        out = folds == fold
        scores = fit_ridge(features[~out], together[~out]).scores(features[out])
        for position, name in enumerate(codes):
            own = scores[:, widths[position] : widths[position + 1]]
            guesses[name][out] = own.argmax(axis=1)
    own_labels = pd.factorize(labels[rows])[0].astype(np.int64)
    own_groups = pd.factorize(groups[rows])[0].astype(np.int64)
    return {
        name: (
            _beyond_chance(guesses[name], own, own_groups),
            _within(guesses[name], own, own_labels, own_groups),
        )
        for name, own in codes.items()
    }


def _beyond_chance(guess: Codes, codes: Codes, groups: Codes) -> float | None:
    """Return how much of an attribute its guesses hold, less what chance gives; None: no spread."""
    known = codes >= 0
    own = pd.factorize(codes[known])[0].astype(np.int64)
    if not len(own) or own.max() == 0:
        return None
    members = pd.factorize(groups[known])[0].astype(np.int64)
    rng = np.random.default_rng(SEED)
    expected = float(
        np.mean(
            [information(guess[known], permuted_labels(own, members, rng)) for _ in range(DEALS)]
        )
    )
    found = information(guess[known], own)
    return max(0.0, (found - expected) / (1 - expected)) if expected < 1 else 0.0


def _within(guess: Codes, codes: Codes, labels: Codes, groups: Codes) -> float | None:
    """Return detectability given the label: the mean over classes in which the attribute varies."""
    parts = []
    for label in range(int(labels.max()) + 1):
        own = labels == label
        value = _beyond_chance(guess[own], codes[own], groups[own])
        if value is not None:
            parts.append((value, int(own.sum())))
    if not parts:
        return None
    values, weights = zip(*parts, strict=True)
    return float(np.average(values, weights=weights))
