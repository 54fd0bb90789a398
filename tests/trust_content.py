"""Made-up evaluations for the verdict."""

from __future__ import annotations

from typing import Any


def metric(value: float | None, low: float | None = None, high: float | None = None) -> dict:
    return {"value": value, "low": low, "high": high, "method": "bootstrap"}


def metrics(**changes: Any) -> dict[str, Any]:
    """An evaluation to which no check objects."""
    auc = metric(0.9, 0.8, 0.95)
    return {
        "positive": "cancer",
        "design": {"level": "crossed", "cramers_v": 0.02, "sentence": "Crossed."},
        "split": {"leak": {"groups": 0, "sentence": "No group is in two splits."}},
        "splits": {"test": {"per_slice": {"figures": {"auc": auc}}}},
        "cautions": [],
        "border_probe": {"level": "chance", "sentence": "At chance."},
        "within_source": {"pooled": metric(0.85, 0.75, 0.92)},
        **changes,
    }


def elsewhere(**changes: Any) -> dict[str, Any]:
    figures = {"auc": metric(0.82, 0.7, 0.9), "accuracy": metric(0.8, 0.7, 0.9)}
    return {
        "name": "clinic",
        "sentence": "clinic: AUC 0.820.",
        "per_slice": {"figures": figures},
        "overlap": {"slices": 0},
        "design": {"level": "single"},
        "border_probe": {"level": "chance"},
        **changes,
    }
