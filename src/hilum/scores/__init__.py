"""Figures of merit with intervals by group: tables in, numbers out; no network, no plots."""

from hilum.scores.bootstrap import (
    FEW_GROUPS,
    INTERVAL,
    Figure,
    bootstrap_weights,
    exact_bound,
    interval_of,
)
from hilum.scores.classification import Labelled, block, by_group, figures
from hilum.scores.ranking import auc, roc_curve, weighted_auc

__all__ = [
    "FEW_GROUPS",
    "INTERVAL",
    "Figure",
    "Labelled",
    "auc",
    "block",
    "bootstrap_weights",
    "by_group",
    "exact_bound",
    "figures",
    "interval_of",
    "roc_curve",
    "weighted_auc",
]
