"""How well probabilities are calibrated: Brier score, calibration error, reliability curve.

"Probability" means that of the positive class, against all others together. Each slice counts
once; the intervals are over groups.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from hilum.scores.bootstrap import LEVEL, Estimate, bootstrap_weights, interval_of
from hilum.scores.classification import Labelled
from hilum.scores.temperature import Temperature, apply_temperature, fit_temperature

__all__ = ["calibration_block", "calibration_of"]

Floats = npt.NDArray[np.float64]

BINS = 10
"""About so many, equal in mass: most probabilities are near 0 and 1, where bins of equal width
leave nearly all slices in two of them (Nixon et al. 2019)."""
STRIPS = 5
"""No bin reaches over a multiple of 1 / 5: one that joins the surest slices of both classes would
say 0.5 of slices none of which got that."""
SMALLEST_BIN = 10
"""Slices: no bin is parted into smaller ones."""


def calibration_block(cases: Mapping[str, Labelled]) -> dict[str, Any]:
    """Return what metrics.json says of calibration: the temperature, and what it does.

    Args:
        cases: split -> predictions. The temperature is fitted on `validation`, where it is
            there; `validation` and `test` are described before and, if fitted, after scaling.
    """
    fit = fit_temperature(cases.get("validation"))
    content = fit.as_json()
    for split in ("validation", "test"):
        if split in cases:
            content[split] = _described(cases[split], fit)
    return content


def calibration_of(cases: Labelled) -> dict[str, Any]:
    """Return Brier score, calibration error and reliability curve of probabilities as they are."""
    unscaled = Temperature(1.0, False, 0, 0, "")
    found: dict[str, Any] = _described(cases, unscaled)["before"]
    return found


def _described(cases: Labelled, fit: Temperature) -> dict[str, Any]:
    """Return Brier score, calibration error and reliability curve, before and after scaling."""
    column = list(cases.class_names).index(cases.positive)
    scores = {"before": cases.score}
    if fit.fitted:
        scaled = apply_temperature(cases.probabilities, fit.temperature)
        scores["after"] = scaled[:, column]
    bins = {name: _bins(score) for name, score in scores.items()}
    on_all_cases = _under(cases, scores, bins, np.ones((1, len(cases.label))))
    parts = [_under(cases, scores, bins, w) for w in bootstrap_weights(cases.group, cases.label)]
    draws = {key: np.concatenate([part[key] for part in parts]) for key in on_all_cases}
    content: dict[str, Any] = {
        name: {
            "brier": _estimate(on_all_cases, draws, f"{name} brier", cases).as_json(),
            "calibration_error": _error(on_all_cases, draws, f"{name} error", cases).as_json(),
            "reliability": _curve(cases, scores[name], bins[name], draws[f"{name} observed"]),
        }
        for name in scores
    }
    if fit.fitted:
        content["brier_change"] = _change(on_all_cases, draws).as_json()
    return content


def _under(
    cases: Labelled, scores: Mapping[str, Floats], bins: Mapping[str, Floats], weights: Floats
) -> dict[str, Floats]:
    """Return the measures of each score under each row of case `weights` (draws, n).

    `brier` and `error` are (draws,); `observed` is the share of positives in each bin,
    (draws, bins), NaN where a draw has no case of the bin.
    """
    truth, total = cases.is_positive.astype(float), weights.sum(axis=1)
    measures = {}
    for name, score in scores.items():
        inside, positive = weights @ bins[name], weights @ (bins[name] * truth[:, None])
        predicted = weights @ (bins[name] * score[:, None])
        measures[f"{name} brier"] = weights @ (score - truth) ** 2 / total
        measures[f"{name} error"] = np.abs(predicted - positive).sum(axis=1) / total
        measures[f"{name} observed"] = np.divide(
            positive, inside, out=np.full(inside.shape, np.nan), where=inside > 0
        )
    return measures


def _bins(score: Floats) -> Floats:
    """Return which bin each case is in: (n, bins) of 0 and 1, equal scores in the same one."""
    strip = np.minimum(score * STRIPS, STRIPS - 1).astype(int)
    code = np.zeros(len(score), dtype=int)
    for number in np.unique(strip):
        inside = strip == number
        size = int(inside.sum())
        count = max(1, min(round(BINS * size / len(score)), size // SMALLEST_BIN))
        code[inside] = BINS * number + _equal_mass(score[inside], count)
    _, code = np.unique(code, return_inverse=True)
    return np.eye(int(code.max()) + 1)[code]


def _equal_mass(score: Floats, count: int) -> npt.NDArray[np.intp]:
    """Return which of `count` bins of about as many cases each case is in, (n,)."""
    _, index, sizes = np.unique(score, return_inverse=True, return_counts=True)
    middle = (np.cumsum(sizes) - sizes / 2) / len(score)
    return (middle * count).astype(np.intp)[index]


def _curve(cases: Labelled, score: Floats, bins: Floats, observed: Floats) -> list[dict[str, Any]]:
    """Return the reliability curve: mean probability and observed share of each bin."""
    content = []
    for column in range(bins.shape[1]):
        inside = bins[:, column] > 0
        groups = len(set(cases.group[inside]))
        share = float(cases.is_positive[inside].mean())
        content.append(
            {
                "n": int(inside.sum()),
                "groups": groups,
                "probability": round(float(score[inside].mean()), 6),
                "observed": interval_of(share, observed[:, column], groups=groups).as_json(),
            }
        )
    return content


def _estimate(
    on_all_cases: Mapping[str, Floats], draws: Mapping[str, Floats], key: str, cases: Labelled
) -> Estimate:
    return interval_of(float(on_all_cases[key][0]), draws[key], groups=len(set(cases.group)))


def _error(
    on_all_cases: Mapping[str, Floats], draws: Mapping[str, Floats], key: str, cases: Labelled
) -> Estimate:
    """Return the calibration error with an interval that reckons with its bias.

    An error can't be negative, so chance only adds to it, and a resample adds chance a second
    time: its quantiles lie too high. Mirrored at the estimate (the "basic" bootstrap, Davison and
    Hinkley 1997, section 5.2) they lie as far below it; cut at 0, stretched to hold the estimate.
    """
    estimate = _estimate(on_all_cases, draws, key, cases)
    if estimate.method == "exact" or estimate.value is None:
        return estimate
    value, low, high = estimate.value, estimate.low or 0.0, estimate.high or 0.0
    return estimate._replace(
        low=max(0.0, min(value, 2 * value - high)), high=max(value, 2 * value - low)
    )


def _change(on_all_cases: Mapping[str, Floats], draws: Mapping[str, Floats]) -> Estimate:
    """Return the Brier score after minus before, paired: below 0 the scaling helped."""
    after, before = "after brier", "before brier"
    tail = (1 - LEVEL) / 2
    low, high = np.quantile(draws[after] - draws[before], [tail, 1 - tail])
    change = float(on_all_cases[after][0] - on_all_cases[before][0])
    return Estimate(change, float(low), float(high), "bootstrap")
