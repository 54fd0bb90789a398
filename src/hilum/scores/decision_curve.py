"""What a clinician asks: predictive values at a stated prevalence, and the net benefit of acting.

A set of slices holds as many positives as somebody gathered, not as many as a clinic sees. With a
stated prevalence p the predictive values follow from sensitivity and specificity by Bayes' rule,
and so does the net benefit at a threshold probability t (Vickers and Elkin 2006, doi
10.1177/0272989X06295361):

    net benefit = sensitivity * p - (1 - specificity) * (1 - p) * t / (1 - t)
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from hilum.errors import UsageError
from hilum.scores.bootstrap import bootstrap_weights, interval_of
from hilum.scores.classification import Labelled

__all__ = ["check_prevalence", "decision_curve", "predictive_values", "shift_prevalence"]

Floats = npt.NDArray[np.float64]

THRESHOLDS = np.round(np.arange(0.01, 1.0, 0.01), 2)
"""Threshold probabilities that net benefit is told at."""


def check_prevalence(prevalence: float) -> float:
    """Return a prevalence, or raise UsageError unless it lies between 0 and 1, both excluded."""
    if not 0 < prevalence < 1:
        raise UsageError(
            f"a prevalence is a share above 0 and below 1, such as 0.02; got {prevalence:g}."
        )
    return prevalence


def shift_prevalence(score: Floats, *, of_set: float, prevalence: float) -> Floats:
    """Return probabilities (n,) as they would be at another prevalence, by Bayes' rule.

    Args:
        score: (n,) calibrated probabilities of the positive class, 0 to 1.
        of_set: share of positives in the set that they were calibrated on.
        prevalence: the share that is asked for.
    """
    up, down = prevalence / of_set, (1 - prevalence) / (1 - of_set)
    shifted: Floats = score * up / (score * up + (1 - score) * down)
    return shifted


def predictive_values(cases: Labelled, prevalence: float) -> dict[str, Any]:
    """Return positive and negative predictive value of the calls at a prevalence, with intervals.

    Args:
        cases: predictions next to the truth; `predicted` is what was called.
        prevalence: share of positives where the network would be used, 0 to 1.

    Raises:
        UsageError: the prevalence is none.
    """
    check_prevalence(prevalence)
    value = _values(cases, np.ones((1, len(cases.label))), prevalence)
    parts = [_values(cases, w, prevalence) for w in bootstrap_weights(cases.group, cases.label)]
    groups = len(set(cases.group))
    return {
        name: interval_of(
            float(value[name][0]),
            np.concatenate([part[name] for part in parts]),
            groups=groups,
            undefined=NO_VALUE[name],
        ).as_json()
        for name in value
    }


NO_VALUE = {
    "positive_predictive_value": "one class is missing, or nothing was predicted positive",
    "negative_predictive_value": "one class is missing, or nothing was predicted negative",
}
"""Why a predictive value is not defined."""


def _values(cases: Labelled, weights: Floats, prevalence: float) -> dict[str, Floats]:
    """Return both predictive values under each row of case weights, (draws,) each."""
    called = cases.predicted == cases.positive
    sensitivity, specificity = _rates(cases.is_positive, called, weights)
    true, false = sensitivity * prevalence, (1 - specificity) * (1 - prevalence)
    missed, cleared = (1 - sensitivity) * prevalence, specificity * (1 - prevalence)
    return {
        "positive_predictive_value": _ratio(true, true + false),
        "negative_predictive_value": _ratio(cleared, cleared + missed),
    }


def decision_curve(
    cases: Labelled, *, prevalence: float | None = None, of_calibration: float | None = None
) -> dict[str, Any]:
    """Return net benefit by threshold probability: of the network, of all and of none treated.

    Args:
        cases: predictions next to the truth; probabilities should be the calibrated ones.
        prevalence: share of positives where the network would be used; that of the set without.
        of_calibration: share of positives in the set that the probabilities were calibrated on;
            with it and `prevalence` they are shifted to that prevalence.

    Returns:
        `prevalence`; `threshold`, `network`, `low`, `high` and `all`, lists of one number a
        threshold: net benefit, in true positives per case, with its 95 % interval; `none` is 0
        everywhere. `best`: the thresholds at which the interval of the network lies above both
        treating all and treating none, as [first, last] of each run of them.
    """
    truth = cases.is_positive
    share = float(truth.mean()) if len(truth) else 0.0
    if not 0 < share < 1:
        return {"prevalence": None, "note": "only one class is there"}
    at = check_prevalence(prevalence) if prevalence is not None else share
    score = cases.score
    if prevalence is not None and of_calibration is not None:
        score = shift_prevalence(score, of_set=of_calibration, prevalence=at)
    odds = THRESHOLDS / (1 - THRESHOLDS)
    called = score[:, None] >= THRESHOLDS[None, :]

    def under(weights: Floats) -> Floats:
        sensitivity, specificity = _rates(truth, called, weights)
        benefit: Floats = sensitivity * at - (1 - specificity) * (1 - at) * odds
        return benefit

    value = under(np.ones((1, len(truth))))[0]
    draws = np.concatenate([under(w) for w in bootstrap_weights(cases.group, cases.label)])
    low, high = np.nanquantile(draws, [0.025, 0.975], axis=0)
    everyone = at - (1 - at) * odds
    return {
        "prevalence": round(at, 6),
        "threshold": THRESHOLDS.tolist(),
        "network": value.round(6).tolist(),
        "low": low.round(6).tolist(),
        "high": high.round(6).tolist(),
        "all": everyone.round(6).tolist(),
        "best": _stretches(low > np.maximum(everyone, 0.0)),
    }


def _stretches(flags: npt.NDArray[np.bool_]) -> list[list[float]]:
    """Return the first and last threshold of each run of true flags."""
    edges = np.flatnonzero(np.diff(np.r_[False, flags, False]))
    return [
        [float(THRESHOLDS[first]), float(THRESHOLDS[last - 1])]
        for first, last in zip(edges[::2], edges[1::2], strict=True)
    ]


def _rates(
    truth: npt.NDArray[np.bool_], called: npt.NDArray[np.bool_], weights: Floats
) -> tuple[Floats, Floats]:
    """Return sensitivity and specificity under each row of case weights.

    Args:
        called: (n,) or (n, thresholds).

    Returns:
        (draws,) or (draws, thresholds) each, NaN where a class is missing.
    """
    of_class = [weights @ flags.astype(np.float64) for flags in (truth, ~truth)]
    mark = truth if called.ndim == 1 else truth[:, None]
    right = [weights @ flags.astype(np.float64) for flags in (mark & called, ~mark & ~called)]
    if called.ndim == 2:
        of_class = [total[:, None] for total in of_class]
    sensitivity, specificity = (
        _ratio(part, np.broadcast_to(total, part.shape))
        for part, total in zip(right, of_class, strict=True)
    )
    return sensitivity, specificity


def _ratio(part: Floats, total: Floats) -> Floats:
    ratio: Floats = np.divide(part, total, out=np.full(part.shape, np.nan), where=total > 0)
    return ratio
