"""Each class against the rest, and macro averages: against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import (
    average_precision_score,
    f1_score,
    precision_score,
    recall_score,
    roc_auc_score,
)

from hilum.scores import Labelled, bootstrap_weights
from hilum.scores.per_class import PER_CLASS, per_class_block
from tests.scores.test_further_metrics import THREE, drawn, two


def test_two_classes_need_no_table_of_classes() -> None:
    assert per_class_block(two((5, 5, 5, 5))) == {}


def test_each_class_and_the_means_are_those_of_scikit_learn() -> None:
    cases = drawn(THREE)
    found = per_class_block(cases)
    label, called = cases.label.astype(str), cases.predicted.astype(str)
    each = {
        "recall": recall_score(label, called, average=None),
        "precision": precision_score(label, called, average=None),
        "f1": f1_score(label, called, average=None),
        "auc": [roc_auc_score(label == n, cases.probabilities[:, i]) for i, n in enumerate(THREE)],
        "average_precision": [
            average_precision_score(label == n, cases.probabilities[:, i])
            for i, n in enumerate(THREE)
        ],
        "specificity": [
            recall_score(label != n, called != n) for n in THREE
        ],
    }  # fmt: skip
    for key in PER_CLASS:
        values = [found["classes"][name]["figures"][key]["value"] for name in THREE]
        assert values == pytest.approx(list(each[key]), abs=1e-6)
        assert found["macro"][key]["value"] == pytest.approx(np.mean(each[key]), abs=1e-6)
    macro = roc_auc_score(label, cases.probabilities, multi_class="ovr", average="macro")
    assert found["macro"]["auc"]["value"] == pytest.approx(macro, abs=1e-6)


def test_the_interval_of_a_mean_is_that_of_the_mean_on_the_same_resamples(
    few_resamples: None,
) -> None:
    cases = drawn(THREE, count=60, groups=30, seed=3)
    (weights,) = bootstrap_weights(cases.group, cases.label)
    draws = []
    for row in weights:
        i = np.repeat(np.arange(60), row.astype(int))
        label, called = cases.label[i].astype(str), cases.predicted[i].astype(str)
        draws.append(f1_score(label, called, average="macro"))
    low, high = np.quantile(draws, [0.025, 0.975])
    found = per_class_block(cases)["macro"]["f1"]
    assert (found["low"], found["high"]) == pytest.approx((low, high), abs=1e-6)


def test_curves_and_counts_are_of_the_class() -> None:
    cases = drawn(THREE)
    of_normal = per_class_block(cases)["classes"]["normal"]
    inside = cases.label == "normal"
    assert of_normal["n"] == int(inside.sum())
    assert of_normal["groups"] == len(set(cases.group[inside]))
    assert of_normal["roc"]["tpr"][-1] == of_normal["pr"]["recall"][-1] == 1.0
    assert of_normal["pr"]["precision"][-1] >= inside.mean()


def test_a_mean_without_one_of_its_classes_is_not_defined() -> None:
    cases = drawn(THREE)
    called = np.where(cases.predicted == "normal", "benign", cases.predicted).astype(object)
    never = Labelled(
        cases.group, cases.label, called, cases.probabilities, THREE, "malignant"
    )  # fmt: skip
    found = per_class_block(never)
    assert (
        found["classes"]["normal"]["figures"]["precision"]["note"]
        == "no case was predicted as such"
    )
    assert found["macro"]["precision"]["value"] is None
    assert found["macro"]["precision"]["note"] == "not defined for normal"
    assert found["macro"]["recall"]["value"] is not None
