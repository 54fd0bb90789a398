"""Paired differences of networks on the same cases: intervals by group, p, Holm's correction.

All networks are looked at under the same resamples, so that what is easy or hard in a resample
affects each of them alike and cancels in the difference.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from hilum.progress import SILENT, Progress
from hilum.scores.bootstrap import LEVEL, SEED, Estimate, bootstrap_weights, difference_of
from hilum.scores.classification import UNDEFINED, Labelled, called_under, groups_behind
from hilum.scores.ranking import weighted_auc

__all__ = [
    "ALPHA",
    "PAIRED",
    "RESAMPLES",
    "Best",
    "Difference",
    "best_network",
    "holm",
    "least_p",
    "paired_differences",
    "two_sided_p",
]

Floats = npt.NDArray[np.float64]

ALPHA = 1 - LEVEL
"""Significance level: a difference is significant where its adjusted p is below this."""
RESAMPLES = 10_000
"""With the 2,000 of a single interval no p is below 0.001, and times the 36 pairs of nine networks
that is 0.036: too near to `ALPHA`. With these it is 0.007."""

PAIRED = {
    "level": LEVEL,
    "alpha": round(ALPHA, 6),
    "unit": "group",
    "resamples": RESAMPLES,
    "seed": SEED,
    "method": "percentile bootstrap over groups, within each class, paired; unadjusted",
    "p": (
        "two-sided: twice the share of resamples in which the difference is 0 or has the other "
        "sign, one added to count and to number; never less than the p of an exact sign test over "
        "the groups in which the two differ if all of them agree"
    ),
    "correction": "Holm, over all pairs of one metric",
}
"""How all paired differences are computed, as comparison.json states it."""


class Difference(NamedTuple):
    """A metric of one network minus the same metric of another, on the same cases.

    Attributes:
        first, second: places of the two in the list that was given.
        estimate: first minus second, -1 to 1, with its unadjusted interval; all None where one of
            them is not defined.
        groups: how many groups can tell the two apart, see `paired_differences`.
        p: two-sided, 0 to 1; None where the difference is not defined.
        adjusted: p after Holm's correction over the pairs of this metric.
    """

    first: int
    second: int
    estimate: Estimate
    groups: int
    p: float | None
    adjusted: float | None = None

    def as_json(self) -> dict[str, Any]:
        """Return value, low, high, method, groups, p and p_holm."""
        rounded = {"p": self.p, "p_holm": self.adjusted}
        return {
            **self.estimate.as_json(),
            "groups": self.groups,
            **{key: None if p is None else round(p, 6) for key, p in rounded.items()},
        }


class Best(NamedTuple):
    """Which network is best by one metric, and whether its lead is significant.

    Attributes:
        first: place of the one with the highest value; None where none is defined.
        marked: whether it differs significantly from every other one that has the metric.
    """

    first: int | None
    marked: bool


def paired_differences(
    runs: Sequence[Labelled],
    *,
    resamples: int = RESAMPLES,
    seed: int = SEED,
    progress: Progress = SILENT,
) -> dict[str, list[Difference]]:
    """Return every difference of two networks for each metric, first minus second.

    The groups that can tell two networks apart are those in which the metric's counts differ (right
    ones for accuracy, called ones for precision and F1, hits for recall and specificity).
    For the AUC they are those of the smaller class: so many disjoint pairs of a positive and a
    negative group there are. A bootstrap over few groups is anticonservative, so p is never less
    than `least_p` of them.

    Args:
        runs: the same cases in the same order, as each network sees them.
        resamples, seed: of `bootstrap_weights`.
        progress: reports the resamples done.

    Returns:
        metric -> the pairs (0, 1), (0, 2), ... (1, 2), ...; p adjusted over them.
    """
    observed = [_metrics(run, np.ones((1, len(run.label)))) for run in runs]
    draws = _drawn(runs, resamples=resamples, seed=seed, progress=progress)
    groups_of = [groups_behind(run) for run in runs]
    counts = [_counts(run) for run in runs]
    differences = {}
    for name in observed[0]:
        pairs = []
        for a, b in combinations(range(len(runs)), 2):
            value = float(observed[a][name][0] - observed[b][name][0])
            groups = min(groups_of[a][name], groups_of[b][name])
            change = draws[name][a] - draws[name][b]
            undefined = f"for one of the two {UNDEFINED[name]}"
            estimate = difference_of(value, change, groups=groups, undefined=undefined)
            telling = groups if name == "auc" else _telling(counts[a][name], counts[b][name])
            p = None if estimate.value is None else two_sided_p(change, telling)
            pairs.append(Difference(a, b, estimate, telling, p))
        differences[name] = _adjusted(pairs)
    return differences


def least_p(groups: int) -> float:
    """Return the least two-sided p of a sign test over so many groups, at most 1.

    It is 2 * 0.5 ** groups: its value if every group favours the same network.
    """
    return float(min(1.0, 2.0 * 0.5**groups))


def holm(p: Sequence[float]) -> list[float]:
    """Return p adjusted for their number (Holm 1979), each at most 1, in the order given.

    The least of k is multiplied by k, the next by k - 1, and so on; none is less than that of a
    smaller p.
    """
    values = np.asarray(p, dtype=np.float64)
    order = np.argsort(values)
    rising = np.maximum.accumulate(values[order] * np.arange(len(values), 0, -1))
    adjusted = np.empty_like(values)
    adjusted[order] = np.minimum(rising, 1.0)
    return [float(number) for number in adjusted]


def best_network(values: Sequence[float | None], pairs: Sequence[Difference]) -> Best:
    """Return the network with the highest value, and whether its lead is significant.

    It is if its adjusted p against every other network that has a value is below `ALPHA`: against
    the next best, and against any further one too, of which less may be known.

    Args:
        values: of each network, in the order that `pairs` counts; None where not defined.
        pairs: all differences of this metric, as `paired_differences` gives them.
    """
    defined = [index for index, value in enumerate(values) if value is not None]
    if not defined:
        return Best(None, False)
    first = max(defined, key=lambda index: values[index] or 0.0)
    against = [pair for pair in pairs if first in (pair.first, pair.second) and pair.p is not None]
    clear = [pair for pair in against if pair.adjusted is not None and pair.adjusted < ALPHA]
    return Best(first, bool(against) and len(clear) == len(against) == len(defined) - 1)


def _metrics(run: Labelled, weights: Floats) -> dict[str, Floats]:
    """Return every metric under each row of case `weights` (draws, n), as (draws,)."""
    ranked = weighted_auc(run.is_positive, run.score, weights)
    return {**called_under(run, weights), "auc": ranked}


def _drawn(
    runs: Sequence[Labelled], *, resamples: int, seed: int, progress: Progress
) -> dict[str, Floats]:
    """Return metric -> (runs, resamples): every network under the same resamples."""
    parts: list[list[dict[str, Floats]]] = []
    done = 0
    for weights in bootstrap_weights(runs[0].group, runs[0].label, resamples=resamples, seed=seed):
        parts.append([_metrics(run, weights) for run in runs])
        done += len(weights)
        progress.advance("resampling groups", done, resamples)
    return {
        name: np.stack(
            [np.concatenate([part[index][name] for part in parts]) for index in range(len(runs))]
        )
        for name in parts[0][0]
    }


def two_sided_p(draws: Floats, telling: int) -> float:
    """Return the two-sided p of resampled differences `draws` (resamples,), see `PAIRED`."""
    defined = draws[~np.isnan(draws)]
    contrary = min(int((defined <= 0).sum()), int((defined >= 0).sum()))
    return max(min(1.0, 2 * (contrary + 1) / (len(defined) + 1)), least_p(telling))


def _counts(run: Labelled) -> dict[str, Floats]:
    """Return what each metric but the AUC counts in each group: (groups, counts)."""
    truth, called = run.is_positive, run.predicted == run.positive
    codes, _ = pd.factorize(run.group)
    flags = np.stack([run.label == run.predicted, truth & called, ~truth & ~called, called], axis=1)
    sums = pd.DataFrame(flags.astype(float)).groupby(codes).sum().to_numpy()
    right, hits, rejected, calls = ([0], [1], [2], [1, 3])
    return {
        "accuracy": sums[:, right],
        "recall": sums[:, hits],
        "specificity": sums[:, rejected],
        "precision": sums[:, calls],
        "f1": sums[:, calls],
    }


def _telling(first: Floats, second: Floats) -> int:
    """Return in how many groups two networks' counts differ."""
    return int((first != second).any(axis=1).sum())


def _adjusted(pairs: list[Difference]) -> list[Difference]:
    """Return the pairs with p adjusted over those of them that are defined."""
    after = iter(holm([pair.p for pair in pairs if pair.p is not None]))
    return [pair if pair.p is None else pair._replace(adjusted=next(after)) for pair in pairs]
