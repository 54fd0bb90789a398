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
from hilum.scores.calibration import calibration_block, calibration_of
from hilum.scores.classification import (
    Labelled,
    by_group,
    compute_metrics,
    restrict,
)
from hilum.scores.decision_curve import check_prevalence, decision_curve, predictive_values
from hilum.scores.folds import over_folds, spread_of
from hilum.scores.metrics_block import metrics_block
from hilum.scores.pairs import as_pair
from hilum.scores.parts import MOST_PARTS, bands, parts_block
from hilum.scores.ranking import auc, roc_curve, weighted_auc
from hilum.scores.temperature import apply_temperature, fit_temperature
from hilum.scores.thresholds import call_at, called_metrics, choose_thresholds, thresholds_block
from hilum.scores.within_source import within_source_block

__all__ = [
    "FEW_GROUPS",
    "INTERVAL",
    "MOST_PARTS",
    "Estimate",
    "Labelled",
    "apply_temperature",
    "as_pair",
    "auc",
    "bands",
    "bootstrap_weights",
    "by_group",
    "calibration_block",
    "calibration_of",
    "call_at",
    "called_metrics",
    "check_prevalence",
    "choose_thresholds",
    "compute_metrics",
    "decision_curve",
    "difference_of",
    "exact_bound",
    "fit_temperature",
    "interval_of",
    "metrics_block",
    "over_folds",
    "parts_block",
    "predictive_values",
    "restrict",
    "roc_curve",
    "spread_of",
    "thresholds_block",
    "weighted_auc",
    "within_source_block",
]
