"""Figures fold by fold, and their mean: by hand, and against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from hilum.scores import Labelled, over_folds, spread_of
from hilum.scores.interval_text import spread_text


def cases_of(score: list[float], label: str, group: list[str] | None = None) -> Labelled:
    """Cases with a probability of cancer each; `label` is one letter a case, c or p."""
    names = ["cancer" if letter == "c" else "pneumonia" for letter in label]
    called = ["cancer" if value > 0.5 else "pneumonia" for value in score]
    groups = group or [f"g{n}" for n in range(len(score))]
    return Labelled(
        np.array(groups, dtype=object), np.array(names, dtype=object),
        np.array(called, dtype=object), np.array([[s, 1 - s] for s in score]),
        ["cancer", "pneumonia"], "cancer",
    )  # fmt: skip


def folds(text: str) -> np.ndarray:
    """One fold a case."""
    return np.array(list(text), dtype=object)


def test_each_fold_their_mean_and_their_spread_by_hand() -> None:
    """Fold 1 ranks 3 of 4 pairs right, fold 2 all of its own, on another scale."""
    cases = cases_of([0.9, 0.4, 0.6, 0.1, 0.30, 0.29, 0.02, 0.01], "ccppccpp")
    content = over_folds(cases, folds("11112222"))
    assert content["auc"]["each"] == {"1": 0.75, "2": 1.0}
    assert content["auc"]["mean"]["value"] == 0.875
    assert content["auc"]["standard_deviation"] == pytest.approx(
        np.std([0.75, 1], ddof=1), abs=1e-6
    )
    assert content["accuracy"]["each"] == {"1": 0.5, "2": 0.5}
    assert content["accuracy"]["standard_deviation"] == 0
    pooled = roc_auc_score(cases.is_positive, cases.score)
    assert pooled == 0.8125  # 13 of 16 pairs: across the folds a cancer of fold 2 loses


def test_the_folds_values_are_those_of_scikit_learn_and_the_interval_holds_the_mean() -> None:
    rng = np.random.default_rng(5)
    label = "".join(rng.permutation(list("cp" * 60)))
    score = rng.random(120) * 0.7 + np.array([0.3 * (letter == "c") for letter in label])
    fold, group = rng.integers(1, 5, 120).astype(str).astype(object), [f"g{n}" for n in range(120)]
    cases = cases_of(score.clip(0, 1).tolist(), label, group)
    content = over_folds(cases, fold)
    for name, value in content["auc"]["each"].items():
        own = fold == name
        expected = roc_auc_score(cases.is_positive[own], cases.score[own])
        assert value == pytest.approx(expected, abs=1e-6)
    mean = content["auc"]["mean"]
    assert mean["value"] == pytest.approx(np.mean(list(content["auc"]["each"].values())), abs=1e-6)
    assert mean["low"] < mean["value"] < mean["high"]
    assert mean["high"] - mean["low"] < 0.25


def test_groups_are_drawn_whole_so_copies_of_a_slice_make_no_interval_narrower() -> None:
    rng = np.random.default_rng(1)
    score, label = rng.random(24).tolist(), "cp" * 12
    once = over_folds(cases_of(score, label), folds("1" * 12 + "2" * 12))
    groups = [f"g{n}" for n in range(24) for _ in range(5)]
    often = over_folds(
        cases_of([s for s in score for _ in range(5)], "".join(5 * c for c in label), groups),
        folds("1" * 60 + "2" * 60),
    )
    assert often["auc"]["mean"] == once["auc"]["mean"]


def test_perfect_folds_have_an_exact_interval() -> None:
    content = over_folds(cases_of([0.9, 0.8, 0.1, 0.2] * 2, "ccppccpp"), folds("11112222"))
    mean = content["auc"]["mean"]
    assert (mean["value"], mean["high"], mean["method"]) == (1.0, 1.0, "exact")
    assert mean["low"] == pytest.approx(0.025 ** (1 / 4), abs=1e-6)


def test_a_fold_of_one_class_leaves_the_mean_auc_undefined_and_the_accuracy_not() -> None:
    content = over_folds(cases_of([0.9, 0.1, 0.8, 0.7], "cpcc"), folds("1122"))
    assert content["auc"]["each"] == {"1": 1.0, "2": None}
    assert content["auc"]["mean"]["value"] is None
    assert content["auc"]["mean"]["note"] == "in a fold only one class is there"
    assert content["auc"]["standard_deviation"] is None
    assert content["accuracy"]["mean"]["value"] == 1.0


def test_mean_deviation_and_range_are_of_the_defined_values() -> None:
    spread = spread_of([0.5, None, 0.75, 1.0])
    assert spread == {"n": 3, "mean": 0.75, "standard_deviation": 0.25, "low": 0.5, "high": 1.0}
    assert spread_text(spread) == "0.750, SD 0.250, 0.500 to 1.000"


def test_one_value_has_no_deviation_and_none_has_no_mean() -> None:
    one = spread_of([0.5])
    assert one["standard_deviation"] is None and one["mean"] == 0.5
    assert spread_text(one) == "0.500, 0.500 to 0.500"
    nothing = spread_of([None, None])
    assert nothing["n"] == 0 and nothing["mean"] is None
    assert spread_text(nothing) == "undefined"
