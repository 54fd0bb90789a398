"""Further metrics: against scikit-learn, by hand, and where they are not defined."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from sklearn.metrics import (
    average_precision_score,
    balanced_accuracy_score,
    class_likelihood_ratios,
    matthews_corrcoef,
    precision_score,
)

from hilum.scores import Labelled, bootstrap_weights, exact_bound, metrics_block
from hilum.scores.bootstrap import exact_interval
from hilum.scores.further_metrics import FURTHER, further_metrics

THREE = ("benign", "malignant", "normal")


def drawn(names: tuple[str, ...], *, count: int = 240, groups: int = 80, seed: int = 0) -> Labelled:
    """Cases of which about two in three are called correctly, three to a group."""
    rng = np.random.default_rng(seed)
    group = np.repeat(np.arange(groups), count // groups)
    label = rng.integers(0, len(names), groups)[group]
    logits = rng.normal(size=(count, len(names))) + 1.5 * np.eye(len(names))[label]
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    text = np.array(names, dtype=object)
    return Labelled(
        group.astype(str).astype(object), text[label], text[probabilities.argmax(axis=1)],
        probabilities, names, names[1],
    )  # fmt: skip


def two(counts: tuple[int, int, int, int]) -> Labelled:
    """Cases of two classes, a group each: true positives, false negatives, false positives, true
    negatives."""
    label = np.repeat(np.array(["p", "p", "n", "n"], dtype=object), counts)
    called = np.repeat(np.array(["p", "n", "p", "n"], dtype=object), counts)
    score = np.where(called == "p", 0.9, 0.1)
    group = np.array([str(number) for number in range(len(label))], dtype=object)
    return Labelled(group, label, called, np.stack([1 - score, score], axis=1), ("n", "p"), "p")


@pytest.mark.parametrize("names", [("benign", "malignant"), THREE])
def test_they_are_those_of_scikit_learn(names: tuple[str, ...]) -> None:
    cases = drawn(names)
    found = {name: estimate.value for name, estimate in further_metrics(cases).items()}
    truth, called = cases.is_positive, (cases.predicted == "malignant").astype(bool)
    positive, negative = class_likelihood_ratios(truth, called)
    label, predicted = cases.label.astype(str), cases.predicted.astype(str)
    assert tuple(found) == FURTHER
    assert found == pytest.approx(
        {
            "npv": precision_score(~truth, ~called),
            "balanced_accuracy": balanced_accuracy_score(label, predicted),
            "mcc": matthews_corrcoef(label, predicted),
            "lr_positive": positive,
            "lr_negative": negative,
            "average_precision": average_precision_score(truth, cases.score),
        }
    )


def test_an_interval_is_that_of_scikit_learn_on_resampled_groups(few_resamples: None) -> None:
    """Each resample is written out case by case and given to scikit-learn."""
    cases = drawn(THREE, count=60, groups=30, seed=2)
    (weights,) = bootstrap_weights(cases.group, cases.label)
    rows = [np.repeat(np.arange(60), row.astype(int)) for row in weights]
    of_mcc = [matthews_corrcoef(cases.label[i].astype(str), cases.predicted[i].astype(str))
              for i in rows]  # fmt: skip
    of_precision = [average_precision_score(cases.is_positive[i], cases.score[i]) for i in rows]
    found = further_metrics(cases)
    for name, draws in (("mcc", of_mcc), ("average_precision", of_precision)):
        assert found[name][1:3] == pytest.approx(tuple(np.quantile(draws, [0.025, 0.975])))


def test_likelihood_ratios_by_hand() -> None:
    found = further_metrics(two((80, 20, 10, 90)))
    assert found["lr_positive"].value == pytest.approx(0.8 / 0.1)
    assert found["lr_negative"].value == pytest.approx(0.2 / 0.9)
    assert found["npv"].value == pytest.approx(90 / 110)
    low, high = found["lr_positive"].low, found["lr_positive"].high
    assert low is not None and high is not None and 4 < low < 8 < high < 25


def test_an_infinite_ratio_is_not_defined_and_an_infinite_end_is_none() -> None:
    perfect = further_metrics(two((10, 0, 0, 10)))
    assert perfect["lr_positive"].value is None
    assert perfect["lr_positive"].note == (
        "no negative case was predicted positive, so the ratio is infinite"
    )
    one = further_metrics(two((10, 10, 1, 19)))["lr_positive"]
    assert one.value == pytest.approx(0.5 / 0.05)
    assert one.low is not None and one.low < 10 and one.high is None
    assert one.note == "the upper end is infinite: too few negative cases were predicted positive"


def test_where_all_resamples_agree_the_ends_are_exact() -> None:
    found = further_metrics(two((10, 0, 0, 20)))
    bound, rejected = exact_bound(10), exact_interval(1.0, 20)
    assert found["mcc"][:4] == (1.0, pytest.approx(2 * bound - 1), 1.0, "exact")
    assert found["balanced_accuracy"][:4] == (1.0, pytest.approx(bound), 1.0, "exact")
    assert found["average_precision"].low == pytest.approx(bound)
    ratio = found["lr_negative"]
    assert ratio[:4] == (0.0, 0.0, pytest.approx((1 - bound) / rejected[0]), "exact")


def test_what_is_not_defined_says_why() -> None:
    notes = {name: of.note for name, of in further_metrics(two((3, 0, 0, 0))).items() if of.note}
    assert notes == {
        "npv": "no case was predicted negative",
        "mcc": "only one class is present, or only one was predicted",
        "lr_positive": "there is no positive case, or no negative one",
        "lr_negative": "there is no positive case, or no negative one",
    }


def test_without_a_positive_call_the_ratio_of_positive_calls_is_not_defined() -> None:
    found = further_metrics(two((0, 4, 0, 4)))
    assert found["lr_positive"].note == "no case was predicted positive"
    assert found["lr_negative"].value == 1.0


def test_the_block_of_a_set_holds_headline_and_further_metrics_matrix_and_curves() -> None:
    block = metrics_block(two((8, 2, 1, 9)))
    assert list(block["figures"]) == [
        "accuracy", "precision", "recall", "specificity", "f1", "auc", *FURTHER
    ]  # fmt: skip
    assert block["confusion"] == [[9, 1], [2, 8]]
    assert block["by_class"] == dict(Counter({"n": 10, "p": 10}))
    assert block["pr"] == {"recall": [0.8, 1.0], "precision": [0.888889, 0.5]}
    assert "classes" not in block and "macro" not in block
