"""Accuracy, precision, recall, specificity, F1 and AUC of predictions, per slice and per group."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from hilum.scores.bootstrap import Estimate, bootstrap_weights, interval_of
from hilum.scores.ranking import weighted_auc

__all__ = [
    "UNDEFINED",
    "Labelled",
    "by_group",
    "called_under",
    "compute_metrics",
    "groups_behind",
    "restrict",
]

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

UNDEFINED = {
    "precision": "no case was predicted positive",
    "recall": "there is no positive case",
    "specificity": "there is no negative case",
    "f1": "there is no positive case and none was predicted positive",
    "auc": "only one class is there",
    "accuracy": "there is no case",
}
"""Why a metric is not defined, where it isn't."""


@dataclass(frozen=True)
class Labelled:
    """Predictions next to the truth.

    Attributes:
        group, label, predicted: (n,) text.
        probabilities: (n, classes) float64, rows sum to 1.
        class_names: in the order of the columns of `probabilities`.
        positive: the class that precision, recall, specificity, F1 and AUC refer to, against
            all others together.
    """

    group: npt.NDArray[np.object_]
    label: npt.NDArray[np.object_]
    predicted: npt.NDArray[np.object_]
    probabilities: Floats
    class_names: Sequence[str]
    positive: str

    @property
    def is_positive(self) -> Flags:
        """(n,) whether the truth is the positive class."""
        return np.asarray(self.label == self.positive, dtype=bool)

    @property
    def score(self) -> Floats:
        """(n,) probability of the positive class."""
        return self.probabilities[:, list(self.class_names).index(self.positive)]


def restrict(cases: Labelled, inside: Flags) -> Labelled:
    """Return the cases for which the (n,) flags `inside` are true."""
    return replace(
        cases,
        group=cases.group[inside],
        label=cases.label[inside],
        predicted=cases.predicted[inside],
        probabilities=cases.probabilities[inside],
    )


def by_group(cases: Labelled) -> Labelled:
    """Return one case a group: the mean probabilities of its slices, the most probable class.

    A group is positive if any of its slices is; otherwise it has the label of most of its slices.
    """
    frame = pd.DataFrame(cases.probabilities, columns=list(cases.class_names))
    mean = frame.groupby(cases.group, sort=True).mean()
    labels = pd.Series(cases.label).groupby(cases.group, sort=True)
    label = labels.agg(
        lambda labels_of_group: (
            cases.positive
            if (labels_of_group == cases.positive).any()
            else labels_of_group.mode().iloc[0]
        )
    )
    predicted = np.array(list(cases.class_names), dtype=object)[mean.to_numpy().argmax(axis=1)]
    return Labelled(
        mean.index.to_numpy(dtype=object), label.to_numpy(dtype=object), predicted,
        mean.to_numpy(), cases.class_names, cases.positive,
    )  # fmt: skip


def compute_metrics(cases: Labelled) -> dict[str, Estimate]:
    """Return accuracy, precision, recall, specificity, f1 and auc with their intervals."""
    observed = _metrics_under(cases, np.ones((1, len(cases.label))))
    parts = [_metrics_under(cases, w) for w in bootstrap_weights(cases.group, cases.label)]
    groups = groups_behind(cases)
    return {
        name: interval_of(
            float(value[0]),
            np.concatenate([part[name] for part in parts]),
            groups=groups[name],
            undefined=UNDEFINED[name],
        )
        for name, value in observed.items()
    }


def _metrics_under(cases: Labelled, weights: Floats) -> dict[str, Floats]:
    """Return each metric under each row of case `weights` (draws, n)."""
    ranked = weighted_auc(cases.is_positive, cases.score, weights)
    return {**called_under(cases, weights), "auc": ranked}


def called_under(cases: Labelled, weights: Floats) -> dict[str, Floats]:
    """Return the metrics that depend on the predicted class: all but the AUC.

    Args:
        weights: (draws, n) how often each case counts in each draw.

    Returns:
        metric -> (draws,), NaN where it is not defined.
    """
    truth, called = cases.is_positive, cases.predicted == cases.positive
    right = cases.label == cases.predicted
    flags = np.stack([right, truth & called, ~truth & ~called, truth, ~truth, called], axis=1)
    right, tp, tn, positives, negatives, calls = (weights @ flags.astype(np.float64)).T
    return {
        "accuracy": _ratio(right, positives + negatives),
        "precision": _ratio(tp, calls),
        "recall": _ratio(tp, positives),
        "specificity": _ratio(tn, negatives),
        "f1": _ratio(2 * tp, positives + calls),
    }


def _ratio(part: Floats, total: Floats) -> Floats:
    """Return part / total, NaN where the total is 0."""
    ratio: Floats = np.divide(part, total, out=np.full(len(part), np.nan), where=total > 0)
    return ratio


def groups_behind(cases: Labelled) -> dict[str, int]:
    """Return the number of independent groups behind each metric."""
    truth, called = cases.is_positive, cases.predicted == cases.positive
    positive, negative = len(set(cases.group[truth])), len(set(cases.group[~truth]))
    return {
        "accuracy": len(set(cases.group)),
        "precision": len(set(cases.group[called])),
        "recall": positive,
        "specificity": negative,
        "f1": positive,
        "auc": min(positive, negative),
    }
