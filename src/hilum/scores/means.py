"""Means over slices with intervals over groups, of metrics other than accuracy-type proportions."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from hilum.scores.bootstrap import Estimate, bootstrap_weights, exact_bound, interval_of

__all__ = ["mean_estimates"]

Floats = npt.NDArray[np.float64]
Names = npt.NDArray[np.object_]

SETTLED = 12
"""Decimals to which draws are rounded: so that equal numbers stay equal under any weights."""
NONE_LEFT = "there is no slice that it could be measured on"


def mean_estimates(values: Floats, *, groups: Names, labels: Names) -> list[Estimate]:
    """Return the mean of each column, with its interval by resampling groups.

    Where every resample gives the same mean, the interval reaches as far from it as the exact bound
    for so many groups is from 1, within -1..1.

    Args:
        values: (n, k), one row a slice, each -1 to 1.
        groups, labels: (n,) of each slice; groups are drawn among those of the same label.
    """
    if not len(values):
        return [Estimate(None, None, None, "bootstrap", NONE_LEFT)] * values.shape[1]
    draws = np.concatenate(
        [
            weights @ values / weights.sum(axis=1, keepdims=True)
            for weights in bootstrap_weights(groups, labels)
        ]
    ).round(SETTLED)
    count, means = len(set(groups)), values.mean(axis=0)
    return [
        _estimate(float(value), column, count) for value, column in zip(means, draws.T, strict=True)
    ]


def _estimate(value: float, draws: Floats, groups: int) -> Estimate:
    if draws.min() < draws.max():
        return interval_of(value, draws, groups=groups)
    reach = 1 - exact_bound(groups)
    return Estimate(value, max(-1.0, value - reach), min(1.0, value + reach), "exact")
