"""Metrics with intervals over groups: tables in, numbers out; no network, no plots."""

from hilum.scores.bootstrap import (
    FEW_GROUPS,
    INTERVAL,
    Estimate,
    bootstrap_weights,
    difference_of,
    exact_bound,
    interval_of,
)
from hilum.scores.calibration import calibration_block
from hilum.scores.classification import Labelled, by_group, compute_metrics
from hilum.scores.folds import over_folds
from hilum.scores.metrics_block import metrics_block
from hilum.scores.ranking import auc, roc_curve, weighted_auc
from hilum.scores.temperature import apply_temperature, fit_temperature
from hilum.scores.thresholds import call_at, choose_thresholds, thresholds_block

__all__ = [
    "FEW_GROUPS",
    "INTERVAL",
    "Estimate",
    "Labelled",
    "apply_temperature",
    "auc",
    "bootstrap_weights",
    "by_group",
    "calibration_block",
    "call_at",
    "choose_thresholds",
    "compute_metrics",
    "difference_of",
    "exact_bound",
    "fit_temperature",
    "interval_of",
    "metrics_block",
    "over_folds",
    "roc_curve",
    "thresholds_block",
    "weighted_auc",
]
