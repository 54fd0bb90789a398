"""Titles of the metrics, as all pages write them."""

from __future__ import annotations

__all__ = ["CLASS_TITLES", "FURTHER_TITLES", "HEADLINE_TITLES", "PROBES"]

HEADLINE_TITLES = {
    "accuracy": "Accuracy",
    "precision": "Precision",
    "recall": "Recall (sensitivity)",
    "specificity": "Specificity",
    "f1": "F1",
    "auc": "AUC",
}
"""The metrics of a report's first table, in its order."""

FURTHER_TITLES = {
    "balanced_accuracy": "Balanced accuracy",
    "mcc": "Matthews correlation",
    "npv": "Negative predictive value",
    "lr_positive": "Likelihood ratio, positive call",
    "lr_negative": "Likelihood ratio, negative call",
    "average_precision": "Average precision",
}
"""Key of metrics.json -> title, in the order of the tables."""

CLASS_TITLES = {
    "recall": "Recall",
    "specificity": "Specificity",
    "precision": "Precision",
    "f1": "F1",
    "auc": "AUC",
    "average_precision": "Average precision",
}
"""The same of each class against the rest."""

PROBES = {
    "file": "facts of the file",
    "border": "outermost 8 pixels",
    "thumbnail": "8 x 8 pixels",
    "histogram": "grey levels without places",
}
"""Probe of an audit -> what it sees."""
