"""Intervals by resampling groups: slices of one patient are not independent cases."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

__all__ = [
    "FEW_GROUPS",
    "INTERVAL",
    "RESAMPLES",
    "Estimate",
    "bootstrap_weights",
    "difference_of",
    "exact_bound",
    "exact_interval",
    "interval_of",
]

Floats = npt.NDArray[np.float64]

LEVEL = 0.95
FEW_GROUPS = 30
"""With fewer groups in a class a percentile bootstrap interval comes out too narrow."""
RESAMPLES = 2000
"""Enough that the ends of a 95 % interval move by less than the last digit that is printed."""
SEED = 0
CELLS_AT_A_TIME = 4_000_000
"""Bound on resamples x cases in memory (32 MB of float64; an AUC takes a few times that)."""

INTERVAL = {
    "level": LEVEL,
    "unit": "group",
    "resamples": RESAMPLES,
    "seed": SEED,
    "method": "percentile bootstrap over groups, within each class",
}
"""How all intervals are computed, as metrics.json states it."""


class Estimate(NamedTuple):
    """A metric with its 95 % interval; None where it is not defined.

    `method` is "bootstrap"; or "exact" where every resample agrees, as at 0 and 1, so that the
    bootstrap gives no interval: see `exact_bound`.
    """

    value: float | None
    low: float | None
    high: float | None
    method: str
    note: str = ""

    def as_json(self) -> dict[str, float | str | None]:
        """Return the estimate as metrics.json holds it, rounded to six decimals."""
        content: dict[str, float | str | None] = {
            "value": _rounded(self.value),
            "low": _rounded(self.low),
            "high": _rounded(self.high),
            "method": self.method,
        }
        return {**content, "note": self.note} if self.note else content


def bootstrap_weights(
    groups: npt.NDArray[np.object_],
    labels: npt.NDArray[np.object_],
    *,
    resamples: int = RESAMPLES,
    seed: int = SEED,
) -> Iterator[Floats]:
    """Draw how often each case counts in each resample: blocks of (some resamples, n) float64.

    Whole groups are drawn with replacement, as many as there are, among those that hold the same
    labels: data of this field are gathered class by class, so the class sizes are not random.

    Args:
        groups, labels: (n,) of each case.
        resamples, seed: same groups and labels, same draws: metrics of two scores on the same
            cases can be compared resample by resample.
    """
    codes, names = pd.factorize(groups)
    holds = (
        pd.Series(labels)
        .groupby(codes)
        .agg(lambda members_labels: "\0".join(sorted(set(members_labels))))
    )
    strata = [members.index.to_numpy() for _, members in holds.groupby(holds)]
    rng = np.random.default_rng(seed)
    drawn = np.zeros((resamples, len(names)), dtype=np.uint16)  # a group is drawn a few times
    for index in strata:
        share = np.full(len(index), 1 / len(index))
        for block in _blocks(resamples, len(index)):
            drawn[block, index] = rng.multinomial(len(index), share, size=block.stop - block.start)
    for block in _blocks(resamples, len(codes)):
        yield drawn[block, codes].astype(np.float64)


def _blocks(resamples: int, cells: int) -> Iterator[slice]:
    """Yield blocks of resamples, each of at most `CELLS_AT_A_TIME` cells."""
    at_a_time = max(1, CELLS_AT_A_TIME // max(1, cells))
    for first in range(0, resamples, at_a_time):
        yield slice(first, min(first + at_a_time, resamples))


def interval_of(value: float, draws: Floats, *, groups: int, undefined: str = "") -> Estimate:
    """Return `value` with the interval that its resamples `draws` span.

    Args:
        value: the metric on all cases; NaN where it is not defined.
        draws: (resamples,) the metric on each resample; NaN where not defined there.
        groups: number of independent groups behind the metric, for the exact bound.
        undefined: the note for a metric that isn't defined.
    """
    if np.isnan(value):
        return Estimate(None, None, None, "bootstrap", undefined)
    defined = draws[~np.isnan(draws)]
    tail = (1 - LEVEL) / 2
    low, high = np.quantile(defined, [tail, 1 - tail])
    if low == high:
        return Estimate(value, *exact_interval(value, groups), "exact")
    return Estimate(value, float(low), float(high), "bootstrap")


def difference_of(value: float, draws: Floats, *, groups: int, undefined: str = "") -> Estimate:
    """Return a paired difference of two shares, -1 to 1, with the interval of its resamples.

    Where every resample gives the same one, both shares are known no better than the exact bound
    for so many groups, and so is what lies between them.

    Args:
        value, draws, groups, undefined: see `interval_of`.
    """
    estimate = interval_of(value, draws, groups=groups, undefined=undefined)
    if estimate.method != "exact":
        return estimate
    reach = 1 - exact_bound(groups)
    return Estimate(value, max(-1.0, value - reach), min(1.0, value + reach), "exact")


def exact_interval(value: float, groups: int) -> tuple[float, float]:
    """Return the exact binomial interval of the share `value` of `groups` independent groups.

    Clopper and Pearson 1934, by the beta distribution, which takes parts of a group too.
    """
    from scipy.stats import beta  # takes half a second, and predicting imports this module

    count, tail = max(1, groups), (1 - LEVEL) / 2
    low = beta.ppf(tail, count * value, count * (1 - value) + 1) if value > 0 else 0.0
    high = beta.ppf(1 - tail, count * value + 1, count * (1 - value)) if value < 1 else 1.0
    return float(low), float(high)


def exact_bound(groups: int) -> float:
    """Return the least true share that is compatible with `groups` successes out of `groups`.

    The lower end of the exact binomial interval (Clopper and Pearson 1934) for n of n:
    (alpha / 2) ** (1 / n). For an AUC of 1, n is the number of groups of the smaller class: so
    many disjoint pairs of a positive and a negative group were all ranked right.
    """
    return float(((1 - LEVEL) / 2) ** (1 / max(1, groups)))


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 6)
