"""Figures of predictions, by hand on few cases."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import f1_score, precision_score, recall_score

from hilum.scores import Labelled, by_group, compute_metrics, metrics_block


def cases(
    groups: str,
    labels: str,
    cancer: list[float],
    *,
    names: tuple[str, ...] = ("cancer", "pneumonia"),
) -> Labelled:
    """Cases named by single letters: group, and c or p for the label."""
    spelt = {"c": "cancer", "p": "pneumonia"}
    probability = np.array(cancer)
    columns = {"cancer": probability, "pneumonia": 1 - probability}
    probabilities = np.stack([columns[name] for name in names], axis=1)
    return Labelled(
        group=np.array(list(groups), dtype=object),
        label=np.array([spelt[letter] for letter in labels], dtype=object),
        predicted=np.array(names, dtype=object)[probabilities.argmax(axis=1)],
        probabilities=probabilities,
        class_names=names,
        positive="cancer",
    )


@pytest.mark.parametrize("names", [("cancer", "pneumonia"), ("pneumonia", "cancer")])
def test_a_block_by_hand(names: tuple[str, ...]) -> None:
    six = cases("aabcdd", "cccppp", [0.9, 0.8, 0.3, 0.6, 0.2, 0.1], names=names)
    content = metrics_block(six)
    assert (content["n"], content["groups"]) == (6, 4)
    assert content["by_class"] == {"cancer": 3, "pneumonia": 3}
    values = {name: figure["value"] for name, figure in content["figures"].items()}
    assert values == {
        "accuracy": 0.666667,  # 4 of 6
        "precision": 0.666667,  # 2 of 3 calls
        "recall": 0.666667,  # 2 of 3
        "specificity": 0.666667,  # 2 of 3
        "f1": 0.666667,
        "auc": 0.888889,  # 8 of 9 pairs
        "npv": 0.666667,  # 2 of 3 calls
        "balanced_accuracy": 0.666667,
        "mcc": 0.333333,  # (2 x 2 - 1 x 1) / 9
        "lr_positive": 2.0,  # 2/3 by 1/3
        "lr_negative": 0.5,
        "average_precision": 0.916667,  # (1 + 1 + 3/4) / 3
    }
    assert content["confusion"] == [[2, 1], [1, 2]]
    assert content["roc"]["fpr"] == pytest.approx([0, 0, 1 / 3, 1 / 3, 1], abs=1e-6)
    assert content["roc"]["tpr"] == pytest.approx([0, 2 / 3, 2 / 3, 1, 1], abs=1e-6)
    # Drawn within each class: a and b are the groups of cancer. Recall is 1 where a is drawn
    # twice, 0 where b is; each in a quarter of the draws.
    assert content["figures"]["recall"]["low"] == 0.0
    assert content["figures"]["recall"]["high"] == 1.0
    assert content["figures"]["recall"]["method"] == "bootstrap"


def test_figures_are_those_of_scikit_learn() -> None:
    rng = np.random.default_rng(2)
    letters = "".join(rng.choice(list("cp"), 60))
    some = cases("".join(rng.choice(list("abcdefghij"), 60)), letters, rng.random(60).tolist())
    truth, called = some.is_positive, some.predicted == "cancer"
    found = {name: figure.value for name, figure in compute_metrics(some).items()}
    assert found["accuracy"] == pytest.approx((truth == called).mean())
    assert found["precision"] == pytest.approx(precision_score(truth, called))
    assert found["recall"] == pytest.approx(recall_score(truth, called))
    assert found["specificity"] == pytest.approx(recall_score(~truth, ~called))
    assert found["f1"] == pytest.approx(f1_score(truth, called))


def test_every_value_lies_in_its_interval() -> None:
    rng = np.random.default_rng(4)
    labels = "c" * 40 + "p" * 40
    score = np.clip(rng.normal([0.6] * 40 + [0.4] * 40, 0.2), 0, 1)
    groups = "".join(chr(ord("A") + n // 4) for n in range(80))
    for figure in compute_metrics(cases(groups, labels, score.tolist())).values():
        assert figure.value is not None and figure.low is not None and figure.high is not None
        assert 0 <= figure.low < figure.value < figure.high <= 1


def test_a_perfect_set_has_exact_bounds_from_its_groups() -> None:
    perfect = compute_metrics(cases("aabbcde", "ccccppp", [0.9, 0.9, 0.8, 0.9, 0.1, 0.2, 0.1]))
    lows = {name: figure.low for name, figure in perfect.items()}
    two, three, five = (0.025 ** (1 / n) for n in (2, 3, 5))
    assert lows == {
        "accuracy": pytest.approx(five),
        "precision": pytest.approx(two),
        "recall": pytest.approx(two),
        "specificity": pytest.approx(three),
        "f1": pytest.approx(two),
        "auc": pytest.approx(two),
    }


@pytest.mark.parametrize(
    ("labels", "cancer", "undefined"),
    [
        ("cp", [0.4, 0.3], {"precision": "no case was predicted positive"}),
        ("pp", [0.7, 0.3], {
            "recall": "there is no positive case", "auc": "only one class is there",
        }),
        ("cc", [0.7, 0.3], {
            "specificity": "there is no negative case", "auc": "only one class is there",
        }),
        ("pp", [0.2, 0.3], {
            "precision": "no case was predicted positive", "recall": "there is no positive case",
            "f1": "there is no positive case and none was predicted positive",
            "auc": "only one class is there",
        }),
    ],
)  # fmt: skip
def test_what_is_not_defined_says_why(
    labels: str, cancer: list[float], undefined: dict[str, str]
) -> None:
    found = compute_metrics(cases("ab", labels, cancer))
    notes = {name: estimate.note for name, estimate in found.items() if estimate.value is None}
    assert notes == undefined


def test_no_case_at_all_is_undefined_too() -> None:
    content = metrics_block(cases("", "", []))
    assert content["n"] == 0
    assert {figure["value"] for figure in content["figures"].values()} == {None}
    assert content["figures"]["accuracy"]["note"] == "there is no case"


def test_a_group_speaks_by_the_mean_of_its_slices() -> None:
    grouped = by_group(cases("baabbc", "pccppc", [0.9, 0.9, 0.3, 0.1, 0.2, 0.4]))
    assert grouped.group.tolist() == ["a", "b", "c"]
    assert grouped.score.tolist() == pytest.approx([0.6, 0.4, 0.4])
    assert grouped.label.tolist() == ["cancer", "pneumonia", "cancer"]
    assert grouped.predicted.tolist() == ["cancer", "pneumonia", "pneumonia"]
    assert compute_metrics(grouped)["recall"].value == 0.5


def test_a_group_with_one_positive_slice_is_positive() -> None:
    assert by_group(cases("aaa", "ppc", [0.1, 0.1, 0.1])).label.tolist() == ["cancer"]


def test_three_classes_count_against_the_positive_one() -> None:
    names = ("cancer", "normal", "pneumonia")
    truth = np.array(["cancer", "normal", "pneumonia", "normal"], dtype=object)
    called = np.array(["cancer", "pneumonia", "pneumonia", "cancer"], dtype=object)
    probabilities = np.array([[0.8, 0.1, 0.1], [0.1, 0.2, 0.7], [0.2, 0.1, 0.7], [0.5, 0.3, 0.2]])
    group = np.array(list("abcd"), dtype=object)
    three = Labelled(group, truth, called, probabilities, names, "cancer")
    content = metrics_block(three)
    assert content["confusion"] == [[1, 0, 0], [1, 0, 1], [0, 0, 1]]
    values = {name: figure["value"] for name, figure in content["figures"].items()}
    assert values["accuracy"] == 0.5
    assert values["specificity"] == 0.666667
    assert values["auc"] == 1.0
