"""Metrics over several trainings: their spread, and of folds the mean with an interval."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean, stdev
from typing import Any

import numpy as np
import numpy.typing as npt

from hilum.scores.bootstrap import bootstrap_weights, interval_of
from hilum.scores.classification import UNDEFINED, Labelled
from hilum.scores.ranking import weighted_auc

__all__ = ["over_folds", "spread_of"]

Floats = npt.NDArray[np.float64]
IN_A_FOLD = "in a fold "
"""Before the reason why a mean is not defined."""


def over_folds(cases: Labelled, fold: npt.NDArray[np.object_]) -> dict[str, Any]:
    """Return `auc` and `accuracy` of each fold, with mean and standard deviation over the folds.

    Pooling the scores of several networks in one AUC compares what need not share a scale; the
    mean of the folds' own AUCs does not (Airola et al. 2011 on the two ways). Its interval is that
    of groups drawn with replacement within each fold and class. The standard deviation (n - 1) is
    of the folds; it is no standard error, for their training sets overlap.

    Args:
        cases: out-of-fold predictions, each slice once.
        fold: (n,) the fold that each slice was tested in.

    Returns:
        metric -> `each` (fold -> value or None), `mean` (an estimate), `standard_deviation`.
    """
    names = list(dict.fromkeys(fold))
    inside = {name: fold == name for name in names}
    strata = np.array([f"{label}\0{own}" for label, own in zip(cases.label, fold, strict=True)])
    groups = len(set(cases.group[cases.is_positive])), len(set(cases.group[~cases.is_positive]))
    groups_of = {"auc": min(groups), "accuracy": len(set(cases.group))}
    observed = _each(cases, inside, np.ones((1, len(fold))))
    parts = [
        _each(cases, inside, w)
        for w in bootstrap_weights(cases.group, strata.astype(object))
    ]  # fmt: skip
    content = {}
    for key, values in observed.items():
        draws = np.concatenate([part[key] for part in parts]).mean(axis=1)
        mean = interval_of(
            float(values[0].mean()), draws, groups=groups_of[key],
            undefined=IN_A_FOLD + UNDEFINED[key],
        )  # fmt: skip
        content[key] = {
            "each": {name: _known(value) for name, value in zip(names, values[0], strict=True)},
            "mean": mean.as_json(),
            "standard_deviation": _known(values[0].std(ddof=1)) if len(names) > 1 else None,
        }
    return content


def spread_of(values: Sequence[float | None]) -> dict[str, float | int | None]:
    """Return mean, standard deviation and range of a metric over trainings.

    The standard deviation (n - 1) describes single trainings; it is no standard error of the mean.

    Args:
        values: one of each training; None where it is not defined.

    Returns:
        `n`, the trainings where it is defined; `mean`, `low` and `high` (None if there is none);
        `standard_deviation` (None of fewer than two). Rounded to six decimals.
    """
    defined = [float(value) for value in values if value is not None]
    return {
        "n": len(defined),
        "mean": round(fmean(defined), 6) if defined else None,
        "standard_deviation": round(stdev(defined), 6) if len(defined) > 1 else None,
        "low": round(min(defined), 6) if defined else None,
        "high": round(max(defined), 6) if defined else None,
    }


def _each(
    cases: Labelled, inside: dict[str, npt.NDArray[np.bool_]], weights: Floats
) -> dict[str, Floats]:
    """Return AUC and accuracy of each fold, (draws, folds), under rows of weights (draws, n)."""
    right = (cases.predicted == cases.label).astype(np.float64)
    areas, shares = [], []
    for own in inside.values():
        part = weights[:, own]
        areas.append(weighted_auc(cases.is_positive[own], cases.score[own], part))
        shares.append(part @ right[own] / part.sum(axis=1))
    return {"auc": np.stack(areas, axis=1), "accuracy": np.stack(shares, axis=1)}


def _known(value: float) -> float | None:
    """Return a number rounded to six decimals, or None for NaN."""
    return None if np.isnan(value) else round(float(value), 6)
