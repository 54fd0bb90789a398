"""Metrics by part: how a network does on each source, sex, age band or whatever a column tells.

Each part is compared with all others together; the p values are corrected for the number of parts
(Holm 1979), since among many parts one always looks bad.
"""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from hilum.scores.bootstrap import Estimate, bootstrap_weights, difference_of
from hilum.scores.classification import Labelled, compute_metrics, restrict
from hilum.scores.paired import holm, two_sided_p
from hilum.scores.ranking import weighted_auc
from hilum.scores.within_source import FEWEST_GROUPS

__all__ = ["MOST_PARTS", "bands", "parts_block"]

Floats = npt.NDArray[np.float64]
Texts = npt.NDArray[np.object_]

MOST_PARTS = 20
"""A column of more distinct parts names cases, not parts of a set."""
BANDS = 4
"""Numbers are cut into quarters."""
NUMERIC_SHARE = 0.9
"""From this share of numbers on, a column is a column of numbers."""
UNKNOWN = "not known"


def bands(values: Texts) -> Texts:
    """Return the part (n,) of each cell of a column: its text, or the quarter its number lies in.

    A column of more than `BANDS` distinct cells, at least nine in ten of them numbers, is cut
    into quarters of about as many slices each, named by their bounds; the rest is "not known".
    """
    text = pd.Series(values, dtype=str).str.strip()
    parts = text.where(text != "", UNKNOWN)
    known = text[text != ""]
    if known.nunique() <= BANDS or len(known) == 0:
        return parts.to_numpy(dtype=object)
    numbers = pd.to_numeric(known, errors="coerce")
    if numbers.notna().mean() < NUMERIC_SHARE:
        return parts.to_numpy(dtype=object)
    edges = np.unique(np.quantile(numbers.dropna(), np.linspace(0, 1, BANDS + 1)))
    if len(edges) < 3:
        return parts.to_numpy(dtype=object)
    position = np.clip(np.searchsorted(edges, numbers.to_numpy(), side="right"), 1, len(edges) - 1)
    names = [f"{low:g} to {high:g}" for low, high in itertools.pairwise(edges)]
    banded = np.where(numbers.isna(), UNKNOWN, np.array(names, dtype=object)[position - 1])
    parts.loc[known.index] = banded
    return parts.to_numpy(dtype=object)


def parts_block(
    cases: Labelled, part: Texts, *, fewest: int = FEWEST_GROUPS
) -> list[dict[str, Any]]:
    """Return what metrics.json says of each part of a set, numbers first, in their order.

    Args:
        cases: n predictions next to the truth.
        part: (n,) text, see `bands`.
        fewest: groups of each class that a part needs to have an AUC; a part with fewer groups in
            all is named, and not scored at all.

    Returns:
        one entry a part: `part`, `n`, `groups`, `by_class`; `figures` (accuracy, precision,
        recall, specificity, f1, auc with intervals), or `note`, why there are none; and
        `auc_minus_rest` with `p` and `p_holm`, where the part and the rest have an AUC.
    """
    names = sorted(set(part), key=_order)
    entries = [_part(restrict(cases, part == name), str(name), fewest) for name in names]
    scored = [
        (entry, part == name)
        for entry, name in zip(entries, names, strict=True)
        if _has_auc(entry) and _splits_classes(restrict(cases, part != name))
    ]
    for (entry, _), change in zip(scored, _against_rest(cases, scored), strict=True):
        entry["auc_minus_rest"] = change
    return entries


def _order(name: str) -> tuple[bool, float, str]:
    """Return what parts are sorted by: numbers by their value, before words."""
    try:
        return False, float(str(name).partition(" ")[0]), str(name)
    except ValueError:
        return True, 0.0, str(name)


def _part(inside: Labelled, name: str, fewest: int) -> dict[str, Any]:
    """Return what is known of one part."""
    entry: dict[str, Any] = {
        "part": name,
        "n": len(inside.label),
        "groups": len(set(inside.group)),
        "by_class": {label: int((inside.label == label).sum()) for label in inside.class_names},
    }
    if entry["groups"] < fewest:
        return {**entry, "note": f"fewer than {fewest} groups: not scored"}
    metrics = {name: estimate.as_json() for name, estimate in compute_metrics(inside).items()}
    truth = inside.is_positive
    if min(len(set(inside.group[truth])), len(set(inside.group[~truth]))) < fewest:
        note = metrics["auc"].get("note") or f"fewer than {fewest} groups of a class"
        metrics["auc"] = Estimate(None, None, None, "bootstrap", str(note)).as_json()
    return {**entry, "figures": metrics}


def _has_auc(entry: dict[str, Any]) -> bool:
    return "figures" in entry and entry["figures"]["auc"]["value"] is not None


def _splits_classes(cases: Labelled) -> bool:
    truth = cases.is_positive
    return bool(truth.any()) and not bool(truth.all())


def _against_rest(
    cases: Labelled, scored: list[tuple[dict[str, Any], npt.NDArray[np.bool_]]]
) -> list[dict[str, Any]]:
    """Return the AUC of each part minus that of the others, with its interval, p and Holm's p."""
    if not scored:
        return []
    truth, score = cases.is_positive, cases.score

    def under(weights: Floats) -> Floats:
        return np.stack(
            [
                weighted_auc(truth[i], score[i], weights[:, i])
                - weighted_auc(truth[~i], score[~i], weights[:, ~i])
                for _, i in scored
            ],
            axis=1,
        )

    value = under(np.ones((1, len(truth))))[0]
    draws = np.concatenate([under(w) for w in bootstrap_weights(cases.group, cases.label)])
    changes, p = [], []
    for column, (_, inside) in enumerate(scored):
        groups = _smaller_class(restrict(cases, inside))
        changes.append(difference_of(float(value[column]), draws[:, column], groups=groups))
        p.append(two_sided_p(draws[:, column], groups))
    return [
        {**change.as_json(), "p": round(raw, 6), "p_holm": round(adjusted, 6)}
        for change, raw, adjusted in zip(changes, p, holm(p), strict=True)
    ]


def _smaller_class(cases: Labelled) -> int:
    truth = cases.is_positive
    return min(len(set(cases.group[truth])), len(set(cases.group[~truth])))
