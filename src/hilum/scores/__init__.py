"""Figures of merit with intervals by group: tables in, numbers out; no network, no plots."""

from hilum.scores.bootstrap import (
    FEW_GROUPS,
    INTERVAL,
    Figure,
    bootstrap_weights,
    difference_of,
    exact_bound,
    interval_of,
)
from hilum.scores.calibration import calibration_block
from hilum.scores.classification import Labelled, block, by_group, figures
from hilum.scores.folds import over_folds
from hilum.scores.ranking import auc, roc_curve, weighted_auc
from hilum.scores.temperature import apply_temperature, fit_temperature
from hilum.scores.thresholds import call_at, choose_thresholds, thresholds_block

__all__ = [
    "FEW_GROUPS",
    "INTERVAL",
    "Figure",
    "Labelled",
    "apply_temperature",
    "auc",
    "block",
    "bootstrap_weights",
    "by_group",
    "calibration_block",
    "call_at",
    "choose_thresholds",
    "difference_of",
    "exact_bound",
    "figures",
    "fit_temperature",
    "interval_of",
    "over_folds",
    "roc_curve",
    "thresholds_block",
    "weighted_auc",
]
