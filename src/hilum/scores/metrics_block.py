"""What metrics.json holds of one set of cases: counts, metrics, confusion matrix, curves."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from hilum.scores.classification import Labelled, compute_metrics
from hilum.scores.further_metrics import further_metrics
from hilum.scores.per_class import curves_of, per_class_block

__all__ = ["confusion_matrix", "metrics_block"]


def metrics_block(cases: Labelled) -> dict[str, Any]:
    """Return `n`, `groups`, `by_class`, `figures`, `confusion`, `roc` and `pr` of a set of cases.

    With more than two classes also `classes` and `macro`, see `per_class_block`.
    """
    metrics = {**compute_metrics(cases), **further_metrics(cases)}
    return {
        "n": len(cases.label),
        "groups": len(set(cases.group)),
        "by_class": {name: int((cases.label == name).sum()) for name in cases.class_names},
        "figures": {name: estimate.as_json() for name, estimate in metrics.items()},
        "confusion": confusion_matrix(cases),
        **curves_of(cases),
        **per_class_block(cases),
    }


def confusion_matrix(cases: Labelled) -> list[list[int]]:
    """Return counts, rows truth, columns called, both in the order of the class names."""
    names = list(cases.class_names)
    rows = pd.Index(names).get_indexer(pd.Index(cases.label))
    columns = pd.Index(names).get_indexer(pd.Index(cases.predicted))
    counts = np.zeros((len(names), len(names)), dtype=int)
    known = (rows >= 0) & (columns >= 0)
    np.add.at(counts, (rows[known], columns[known]), 1)
    return [[int(count) for count in row] for row in counts]
