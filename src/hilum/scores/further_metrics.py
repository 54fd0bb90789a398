"""Further metrics: predictive value, balanced accuracy, correlation, likelihood ratios, AP."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from hilum.scores.bootstrap import (
    LEVEL,
    Estimate,
    bootstrap_weights,
    exact_interval,
    interval_of,
)
from hilum.scores.classification import Labelled
from hilum.scores.precision_recall import weighted_average_precision

__all__ = ["FURTHER", "further_called_under", "further_estimates", "further_metrics"]

Floats = npt.NDArray[np.float64]

UNDEFINED = {
    "npv": "no case was predicted negative",
    "balanced_accuracy": "there is no case",
    "mcc": "only one class is present, or only one was predicted",
    "lr_positive": "no negative case was predicted positive, so the ratio is infinite",
    "lr_negative": "no negative case was predicted negative, so the ratio is infinite",
    "average_precision": "there is no positive case",
}
"""Why a metric is not defined, where it isn't."""
FURTHER = tuple(UNDEFINED)
"""Negative predictive value; mean recall over the classes; Matthews' correlation of labels and
calls; likelihood ratios of a positive and of a negative call; average precision."""
RATIOS = ("lr_positive", "lr_negative")
ONE_CLASS = "there is no positive case, or no negative one"
NONE_CALLED = "no case was predicted {call}"
UNBOUNDED = "the upper end is infinite: too few negative cases were predicted {call}"


def further_metrics(cases: Labelled) -> dict[str, Estimate]:
    """Return each of `FURTHER` with its interval.

    Balanced accuracy and Matthews' correlation are over all classes, the others of the positive
    class against the rest. A likelihood ratio lies between 0 and infinity: an infinite one is not
    defined, and where more than 2.5 % of the resamples are infinite, `high` is None.
    """
    observed = _under(cases, np.ones((1, len(cases.label))))
    parts = [_under(cases, weights) for weights in bootstrap_weights(cases.group, cases.label)]
    draws = {name: np.concatenate([part[name] for part in parts]) for name in observed}
    return further_estimates(cases, {name: float(of[0]) for name, of in observed.items()}, draws)


def further_estimates(
    cases: Labelled, values: dict[str, float], draws: dict[str, Floats]
) -> dict[str, Estimate]:
    """Return the estimates of observed `values` with resamples `draws` (resamples,)."""
    groups = _groups_behind(cases)
    return {
        name: _ratio_estimate(cases, name, value, draws[name])
        if name in RATIOS
        else _correlation_estimate(value, draws[name], groups[name])
        if name == "mcc"
        else interval_of(value, draws[name], groups=groups[name], undefined=UNDEFINED[name])
        for name, value in values.items()
    }


def _under(cases: Labelled, weights: Floats) -> dict[str, Floats]:
    """Return each of `FURTHER` under each row of case `weights` (draws, n)."""
    ranked = weighted_average_precision(cases.is_positive, cases.score, weights)
    return {**further_called_under(cases, weights), "average_precision": ranked}


def further_called_under(cases: Labelled, weights: Floats) -> dict[str, Floats]:
    """Return those of `FURTHER` that depend on the predicted class: all but average precision.

    Args:
        weights: (draws, n) how often each case counts in each draw.

    Returns:
        metric -> (draws,); NaN where not defined, infinite where a likelihood ratio is.
    """
    truth, called = cases.is_positive, cases.predicted == cases.positive
    right = cases.label == cases.predicted
    names = list(cases.class_names)
    labelled = [cases.label == name for name in names]
    flags = [truth & called, truth & ~called, ~truth & called, ~truth & ~called]
    flags += [
        *labelled,
        *(cases.predicted == name for name in names),
        *(of & right for of in labelled),
    ]
    counts = (weights @ np.stack(flags, axis=1).astype(np.float64)).T
    tp, fn, fp, tn = counts[:4]
    labels, calls, hits = np.split(counts[4:], 3)
    with np.errstate(divide="ignore", invalid="ignore"):
        sensitivity, specificity = tp / (tp + fn), tn / (tn + fp)
        return {
            "npv": tn / (tn + fn),
            "balanced_accuracy": _mean_recall(labels, hits),
            "mcc": _matthews(labels, calls, hits.sum(axis=0)),
            "lr_positive": sensitivity / (fp / (tn + fp)),
            "lr_negative": (fn / (tp + fn)) / specificity,
        }


def _mean_recall(labels: Floats, hits: Floats) -> Floats:
    """Return the mean recall over the classes that have a case, (draws,).

    Args:
        labels, hits: (classes, draws) cases of each class, and those that are called correctly.
    """
    present = labels > 0
    recall = np.divide(hits, labels, out=np.zeros_like(hits), where=present)
    classes = present.sum(axis=0)
    values: Floats = np.divide(
        recall.sum(axis=0), classes, out=np.full(len(classes), np.nan), where=classes > 0
    )
    return values


def _matthews(labels: Floats, calls: Floats, right: Floats) -> Floats:
    """Return Matthews' correlation coefficient, -1 to 1, (draws,).

    Of several classes the R_K of Gorodkin 2004 (doi 10.1016/j.compbiolchem.2004.09.006, equation
    8), which with two classes is Matthews' own.

    Args:
        labels, calls: (classes, draws) cases labelled, and called, as each class.
        right: (draws,) cases called correctly.
    """
    total = labels.sum(axis=0)
    covariance = right * total - (labels * calls).sum(axis=0)
    spread = np.sqrt((total**2 - (labels**2).sum(axis=0)) * (total**2 - (calls**2).sum(axis=0)))
    values: Floats = np.divide(
        covariance, spread, out=np.full(len(total), np.nan), where=spread > 0
    )
    return values


def _correlation_estimate(value: float, draws: Floats, groups: int) -> Estimate:
    """Return a correlation, -1 to 1, by the intervals of the share (1 + value) / 2."""
    share = interval_of((1 + value) / 2, (1 + draws) / 2, groups=groups, undefined=UNDEFINED["mcc"])
    if share.value is None or share.low is None or share.high is None:
        return share
    return share._replace(value=value, low=2 * share.low - 1, high=2 * share.high - 1)


def _ratio_estimate(cases: Labelled, name: str, value: float, draws: Floats) -> Estimate:
    """Return a likelihood ratio; where all resamples agree, with ends by the exact intervals of
    sensitivity and specificity, taken at their worst together."""
    call = "positive" if name == "lr_positive" else "negative"
    if not np.isfinite(value):
        note = UNDEFINED[name] if np.isinf(value) else NONE_CALLED.format(call=call)
        one_class = len(set(cases.is_positive)) < 2
        return Estimate(None, None, None, "bootstrap", ONE_CLASS if one_class else note)
    defined = draws[~np.isnan(draws)]
    tail = (1 - LEVEL) / 2
    if np.isfinite(defined).all():
        ends = np.quantile(defined, [tail, 1 - tail])
    else:  # interpolating between a finite and an infinite draw gives no number
        ends = np.quantile(defined, [tail, 1 - tail], method="inverted_cdf")
    low, high = float(ends[0]), float(ends[1])
    if low == high:
        low, high, how = *_exact_ratio(cases, name), "exact"
    else:
        how = "bootstrap"
    if np.isfinite(high):
        return Estimate(value, low, high, how)
    return Estimate(value, low, None, how, UNBOUNDED.format(call=call))


def _exact_ratio(cases: Labelled, name: str) -> tuple[float, float]:
    """Return the ends of a likelihood ratio by exact intervals of sensitivity and specificity."""
    truth, called = cases.is_positive, cases.predicted == cases.positive
    hits = exact_interval(float(called[truth].mean()), len(set(cases.group[truth])))
    rejected = exact_interval(float((~called[~truth]).mean()), len(set(cases.group[~truth])))
    if name == "lr_positive":
        ends = (hits[0], 1 - rejected[0]), (hits[1], 1 - rejected[1])
    else:
        ends = (1 - hits[1], rejected[1]), (1 - hits[0], rejected[0])
    low, high = (above / below if below > 0 else np.inf for above, below in ends)
    return float(low), float(high)


def _groups_behind(cases: Labelled) -> dict[str, int]:
    """Return the number of independent groups behind each metric that is bound to -1..1."""
    truth, called = cases.is_positive, cases.predicted == cases.positive
    by_class = [len(set(cases.group[cases.label == name])) for name in set(cases.label)]
    smallest = min(by_class, default=0)
    return {
        "npv": len(set(cases.group[~called])),
        "balanced_accuracy": smallest,
        "mcc": smallest,
        "average_precision": min(len(set(cases.group[flags])) for flags in (truth, ~truth)),
    }
