"""How well a score ranks positives above negatives."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["auc", "roc_curve", "weighted_auc"]

Flags = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]


def auc(positive: Flags, score: Floats) -> float:
    """Return the area under the ROC curve, 0 to 1; NaN where a class is missing.

    The share of (positive, negative) pairs in which the positive has the higher score, a tie
    counting one half (Hanley and McNeil 1982).

    Args:
        positive: (n,) whether each case is positive.
        score: (n,) higher means more likely positive.
    """
    return float(weighted_auc(positive, score, np.ones((1, len(score))))[0])


def weighted_auc(positive: Flags, score: Floats, weights: Floats) -> Floats:
    """Return the AUC under each row of case `weights` (draws, n), as (draws,); NaN if undefined."""
    if len(score) == 0:
        return np.full(len(weights), np.nan)
    order = np.argsort(score, kind="stable")
    sorted_score = score[order]
    starts = np.flatnonzero(np.r_[True, np.diff(sorted_score) > 0])
    of_positive = np.add.reduceat(weights[:, order] * positive[order], starts, axis=1)
    of_negative = np.add.reduceat(weights[:, order] * ~positive[order], starts, axis=1)
    below = np.cumsum(of_negative, axis=1) - of_negative
    won = (of_positive * (below + of_negative / 2)).sum(axis=1)
    pairs = of_positive.sum(axis=1) * of_negative.sum(axis=1)
    areas: Floats = np.divide(won, pairs, out=np.full(len(won), np.nan), where=pairs > 0)
    return areas


def roc_curve(positive: Flags, score: Floats) -> tuple[Floats, Floats]:
    """Return false and true positive rates (points,), from (0, 0) to (1, 1), corners only.

    A rate of a class that is missing stays 0.
    """
    if len(score) == 0:
        return np.zeros(1), np.zeros(1)
    order = np.argsort(-score, kind="stable")
    last_of_tie = np.flatnonzero(np.r_[np.diff(score[order]) != 0, True])
    true = np.r_[0, np.cumsum(positive[order])[last_of_tie]]
    false = np.r_[0, np.cumsum(~positive[order])[last_of_tie]]
    turns = np.r_[True, (np.diff(true, 2) != 0) | (np.diff(false, 2) != 0), True]
    return false[turns] / max(1, false[-1]), true[turns] / max(1, true[-1])
