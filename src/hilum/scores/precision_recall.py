"""Precision-recall curves and average precision, with case weights."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["precision_recall_curve", "weighted_average_precision"]

Flags = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]


def weighted_average_precision(positive: Flags, score: Floats, weights: Floats) -> Floats:
    """Return the average precision under each row of case `weights` (draws, n), as (draws,).

    The sum over thresholds of precision times the step in recall, without interpolation (as
    scikit-learn's `average_precision_score`); equal scores are one threshold. By chance it is
    the share of positives. NaN where no positive case has weight.

    Args:
        positive: (n,) whether each case is positive.
        score: (n,) higher means more likely positive.
    """
    if len(score) == 0:
        return np.full(len(weights), np.nan)
    order = np.argsort(-score, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(score[order]) != 0])
    of_all, of_positive = weights[:, order], weights[:, order] * positive[order]
    if len(starts) < len(score):
        of_all, of_positive = (np.add.reduceat(of, starts, axis=1) for of in (of_all, of_positive))
    called, found = np.cumsum(of_all, axis=1, out=of_all), np.cumsum(of_positive, axis=1)
    total = found[:, -1].copy()
    precision = np.divide(found, called, out=found, where=called > 0)  # 0 / 0 stays 0
    area = np.einsum("ij,ij->i", precision, of_positive)
    values: Floats = np.divide(area, total, out=np.full(len(area), np.nan), where=total > 0)
    return values


def precision_recall_curve(
    positive: Flags, score: Floats, *, most: int = 500
) -> tuple[Floats, Floats]:
    """Return recall, rising, and precision (points,) at the thresholds where recall rises.

    These are the points that the average precision sums over; drawn as steps that hold each
    precision back to the recall before it, they enclose it. Empty without a positive case.

    Args:
        most: more points than these are thinned evenly; the first and the last are kept.
    """
    if not positive.any():
        return np.zeros(0), np.zeros(0)
    order = np.argsort(-score, kind="stable")
    last_of_tie = np.flatnonzero(np.r_[np.diff(score[order]) != 0, True])
    found = np.cumsum(positive[order])[last_of_tie]
    rises = np.diff(found, prepend=0) > 0
    recall, precision = found[rises] / found[-1], (found / (last_of_tie + 1))[rises]
    if len(recall) > most:
        chosen = np.linspace(0, len(recall) - 1, most).round().astype(int)
        recall, precision = recall[chosen], precision[chosen]
    return recall, precision
