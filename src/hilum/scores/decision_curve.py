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
from hilum.scores.bootstrap import (
    Estimate,
    bootstrap_weights,
    exact_interval,
    interval_of,
)
from hilum.scores.classification import Labelled

__all__ = ["check_prevalence", "decision_curve", "predictive_values", "shift_prevalence"]

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Rates = tuple[Floats, Floats]
"""Sensitivity and specificity."""

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
    truth, called = cases.is_positive, cases.predicted == cases.positive
    observed = _rates(truth, called, np.ones((1, len(truth))))
    parts = [_rates(truth, called, w) for w in bootstrap_weights(cases.group, cases.label)]
    draws = _joined(parts)
    value, drawn = (_values(*rates, prevalence) for rates in (observed, draws))
    ends = _exact_ends(cases, observed, draws, prevalence)
    groups = len(set(cases.group))
    return {
        name: (
            Estimate(float(value[name][0]), *ends[name], "exact")
            if ends and not np.isnan(value[name][0])
            else interval_of(
                float(value[name][0]), drawn[name], groups=groups, undefined=NO_VALUE[name]
            )
        ).as_json()
        for name in value
    }


def _exact_ends(
    cases: Labelled, observed: Rates, draws: Rates, prevalence: float
) -> dict[str, tuple[float, float]]:
    """Return the ends of both predictive values where a rate is the same in every draw; else {}.

    At a low prevalence the positive predictive value hangs on that rate. Both values rise with
    both rates, so their ends are those at the lower and the upper ends of the rates.
    """
    if np.isnan([rate[0] for rate in observed]).any():
        return {}
    low, high, mute = _ends(cases, observed, draws)
    if not mute[0]:
        return {}
    lowest, highest = _values(*low, prevalence), _values(*high, prevalence)
    return {name: (float(lowest[name][0]), float(highest[name][0])) for name in lowest}


def _ends(cases: Labelled, observed: Rates, draws: Rates) -> tuple[Rates, Rates, Flags]:
    """Return the lower and upper ends of sensitivity and specificity, and where draws are mute.

    Where a rate is the same in every draw, as at 0 and 1, the draws know nothing of it: its exact
    interval over groups takes their place.

    Args:
        observed: both rates, (thresholds,).
        draws: both rates under each draw, (draws,) or (draws, thresholds).

    Returns:
        both rates' lower and upper ends, and whether either was mute, (thresholds,).
    """
    truth = cases.is_positive
    lows, highs, mute = [], [], np.zeros(len(observed[0]), dtype=bool)
    for rate, of_class, drawn in zip(observed, (truth, ~truth), draws, strict=True):
        columns = drawn.reshape(len(drawn), -1)
        low, high = np.nanquantile(columns, [0.025, 0.975], axis=0)
        same, groups = np.ptp(columns, axis=0) == 0, len(set(cases.group[of_class]))
        for index in np.flatnonzero(same):
            low[index], high[index] = exact_interval(float(rate[index]), groups)
        mute |= same
        lows.append(low)
        highs.append(high)
    return (lows[0], lows[1]), (highs[0], highs[1]), mute


NO_VALUE = {
    "positive_predictive_value": "one class is missing, or nothing was predicted positive",
    "negative_predictive_value": "one class is missing, or nothing was predicted negative",
}
"""Why a predictive value is not defined."""


def _values(sensitivity: Floats, specificity: Floats, prevalence: float) -> dict[str, Floats]:
    """Return both predictive values by Bayes' rule, (draws,) each; NaN where nothing is called."""
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

    def benefit(sensitivity: Floats, specificity: Floats) -> Floats:
        found: Floats = sensitivity * at - (1 - specificity) * (1 - at) * odds
        return found

    observed = _rates(truth, called, np.ones((1, len(truth))))
    parts = [_rates(truth, called, w) for w in bootstrap_weights(cases.group, cases.label)]
    draws = _joined(parts)
    value = benefit(*observed)[0]
    low, high = np.nanquantile(benefit(*draws), [0.025, 0.975], axis=0)
    least, most, mute = _ends(cases, (observed[0][0], observed[1][0]), draws)
    low, high = np.where(mute, benefit(*least), low), np.where(mute, benefit(*most), high)
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


def _joined(parts: list[Rates]) -> Rates:
    """Return both rates of all draws."""
    sensitivity, specificity = (np.concatenate([part[rate] for part in parts]) for rate in (0, 1))
    return sensitivity, specificity


def _stretches(flags: npt.NDArray[np.bool_]) -> list[list[float]]:
    """Return the first and last threshold of each run of true flags."""
    edges = np.flatnonzero(np.diff(np.r_[False, flags, False]))
    return [
        [float(THRESHOLDS[first]), float(THRESHOLDS[last - 1])]
        for first, last in zip(edges[::2], edges[1::2], strict=True)
    ]


def _rates(truth: npt.NDArray[np.bool_], called: npt.NDArray[np.bool_], weights: Floats) -> Rates:
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
