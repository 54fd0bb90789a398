"""Several classes: the metrics of each class against the rest, and their unweighted means."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from hilum.scores.bootstrap import bootstrap_weights, interval_of
from hilum.scores.classification import Labelled, called_under, groups_behind
from hilum.scores.precision_recall import precision_recall_curve, weighted_average_precision
from hilum.scores.ranking import roc_curve, weighted_auc

__all__ = ["PER_CLASS", "curves_of", "per_class_block"]

Floats = npt.NDArray[np.float64]

PER_CLASS = ("recall", "specificity", "precision", "f1", "auc", "average_precision")
"""What is given for each class against all others together, and averaged over the classes."""
UNDEFINED = {
    "recall": "there is no case of it",
    "specificity": "there is no other case",
    "precision": "no case was predicted as such",
    "f1": "there is no case of it and none was predicted as such",
    "auc": "only one class is there",
    "average_precision": "there is no case of it",
}
"""Why a metric of a class is not defined, where it isn't."""
FEWEST_CLASSES = 3
"""With two classes, one against the rest is what all metrics are anyway."""


def per_class_block(cases: Labelled) -> dict[str, Any]:
    """Return what metrics.json says of several classes one by one; nothing where there are two.

    All metrics of all classes are computed on the same resamples, so that a mean over the classes
    (macro average) has an interval of its own.

    Returns:
        `classes`: class -> `n`, `groups`, `figures` (each of `PER_CLASS`), `roc` and `pr`, of that
        class against the rest; `macro`: the unweighted mean over the classes of each of
        `PER_CLASS`, not defined where a class lacks it.
    """
    if len(cases.class_names) < FEWEST_CLASSES:
        return {}
    against_rest = {name: replace(cases, positive=name) for name in cases.class_names}
    observed = {
        name: _under(own, np.ones((1, len(own.label)))) for name, own in against_rest.items()
    }
    draws = _resampled(cases, against_rest)
    groups = {name: _groups_behind(own) for name, own in against_rest.items()}
    classes = {
        name: {
            "n": int(own.is_positive.sum()),
            "groups": len(set(own.group[own.is_positive])),
            "figures": {
                key: interval_of(
                    float(observed[name][key][0]), draws[name][key], groups=groups[name][key],
                    undefined=UNDEFINED[key],
                ).as_json()
                for key in PER_CLASS
            },
            **curves_of(own),
        }
        for name, own in against_rest.items()
    }  # fmt: skip
    return {"classes": classes, "macro": _macro(observed, draws, groups)}


def curves_of(cases: Labelled) -> dict[str, dict[str, list[float]]]:
    """Return the ROC and the precision-recall curve of the positive class, six decimals."""
    false, true = roc_curve(cases.is_positive, cases.score)
    recall, precision = precision_recall_curve(cases.is_positive, cases.score)
    return {
        "roc": {"fpr": false.round(6).tolist(), "tpr": true.round(6).tolist()},
        "pr": {"recall": recall.round(6).tolist(), "precision": precision.round(6).tolist()},
    }


def _macro(
    observed: dict[str, dict[str, Floats]],
    draws: dict[str, dict[str, Floats]],
    groups: dict[str, dict[str, int]],
) -> dict[str, Any]:
    """Return the mean of each metric over the classes, with its interval."""
    means = {}
    for key in PER_CLASS:
        lacking = [name for name, values in observed.items() if np.isnan(values[key][0])]
        means[key] = interval_of(
            float(np.mean([values[key][0] for values in observed.values()])),
            np.mean([values[key] for values in draws.values()], axis=0),
            groups=min(of[key] for of in groups.values()),
            undefined=f"not defined for {', '.join(lacking)}",
        ).as_json()
    return means


def _resampled(cases: Labelled, against_rest: dict[str, Labelled]) -> dict[str, dict[str, Floats]]:
    """Return class -> metric -> (resamples,), all on the same resamples."""
    parts = [
        {name: _under(own, weights) for name, own in against_rest.items()}
        for weights in bootstrap_weights(cases.group, cases.label)
    ]
    return {
        name: {key: np.concatenate([part[name][key] for part in parts]) for key in PER_CLASS}
        for name in against_rest
    }


def _under(cases: Labelled, weights: Floats) -> dict[str, Floats]:
    """Return each of `PER_CLASS` under each row of case `weights` (draws, n)."""
    truth, score = cases.is_positive, cases.score
    metrics = {
        **called_under(cases, weights),
        "auc": weighted_auc(truth, score, weights),
        "average_precision": weighted_average_precision(truth, score, weights),
    }
    return {key: metrics[key] for key in PER_CLASS}


def _groups_behind(cases: Labelled) -> dict[str, int]:
    groups = groups_behind(cases)
    return {**groups, "average_precision": groups["auc"]}
