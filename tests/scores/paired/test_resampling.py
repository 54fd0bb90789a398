"""Paired differences by hand on few cases, and Holm's correction against its definition."""

from __future__ import annotations

from unittest import mock

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from hilum.scores import Estimate, Labelled, bootstrap_weights, compute_metrics, exact_bound
from hilum.scores.paired import (
    ALPHA,
    Difference,
    best_network,
    holm,
    least_p,
    paired_differences,
)

NAMES = ("cancer", "pneumonia")


def cases(labels: str, cancer: list[float], groups: str | None = None) -> Labelled:
    probability = np.array(cancer)
    probabilities = np.stack([probability, 1 - probability], axis=1)
    spelt = {"c": "cancer", "p": "pneumonia"}
    return Labelled(
        group=np.array(list(groups) if groups else [str(n) for n in range(len(labels))], object),
        label=np.array([spelt[letter] for letter in labels], dtype=object),
        predicted=np.array(NAMES, dtype=object)[probabilities.argmax(axis=1)],
        probabilities=probabilities,
        class_names=NAMES,
        positive="cancer",
    )


def many(right: int, of: int = 100) -> Labelled:
    """Half cancer, half pneumonia, one slice a group; the first `right` of each half are right."""
    half = of // 2
    cancer = [0.9 if n < right // 2 else 0.1 for n in range(half)]
    return cases("c" * half + "p" * half, [*cancer, *(1 - p for p in cancer)])


def test_a_difference_is_first_minus_second_with_the_interval_of_the_paired_draws() -> None:
    first, second = many(90), many(80)
    pair = paired_differences([first, second], resamples=500, seed=3)["accuracy"][0]
    draws = np.concatenate(
        [
            (w @ (first.label == first.predicted) - w @ (second.label == second.predicted)) / 100
            for w in bootstrap_weights(first.group, first.label, resamples=500, seed=3)
        ]
    )
    low, high = np.quantile(draws, [0.025, 0.975])
    assert pair.estimate == pytest.approx((0.1, low, high, "bootstrap", ""))
    # ten groups differ, all for the first; no draw is contrary but those without any of the ten
    contrary = int((draws <= 0).sum())
    assert pair.groups == 10
    assert pair.p == pytest.approx(max(2 * (contrary + 1) / 501, 2 * 0.5**10))


def test_the_values_are_those_of_the_single_figures() -> None:
    rng = np.random.default_rng(1)
    runs = [cases("cp" * 30, list(rng.random(60))) for _ in range(3)]
    single = [compute_metrics(run) for run in runs]
    for name, pairs in paired_differences(runs, resamples=50).items():
        for pair in pairs:
            expected = single[pair.first][name].value - single[pair.second][name].value
            assert pair.estimate.value == pytest.approx(expected), name
    assert [(p.first, p.second) for p in pairs] == [(0, 1), (0, 2), (1, 2)]


def test_two_perfect_networks_show_no_difference_and_an_interval_as_wide_as_the_groups_allow() -> (
    None
):
    runs = [cases("c" * 8 + "p" * 20, [high] * 8 + [0.1] * 20) for high in (0.8, 0.9)]
    found = paired_differences(runs, resamples=200)
    area, accuracy = found["auc"][0], found["accuracy"][0]
    reach = 1 - exact_bound(8)
    assert area.estimate == Estimate(0.0, pytest.approx(-reach), pytest.approx(reach), "exact")
    assert (area.p, area.adjusted, accuracy.p) == (1.0, 1.0, 1.0)
    assert accuracy.estimate.high == pytest.approx(1 - exact_bound(28))


def test_where_every_resample_gives_the_same_difference_the_bootstrap_is_not_believed() -> None:
    """One group a class: all resamples are alike, and the naive p would be 2 / (n + 1)."""
    right = cases("ccpp", [0.9, 0.8, 0.2, 0.1], "aabb")
    wrong = cases("ccpp", [0.1, 0.2, 0.8, 0.9], "aabb")
    found = paired_differences([right, wrong], resamples=1000)
    area, accuracy = found["auc"][0], found["accuracy"][0]
    assert area.estimate[:3] == (1.0, pytest.approx(1 - (1 - 0.025)), 1.0)
    assert area.p == 1.0  # one group of each class: 2 * 0.5 ** 1
    assert accuracy.p == 0.5  # two groups, both for the first: 2 * 0.5 ** 2


def test_with_few_groups_p_is_not_below_that_of_a_sign_test() -> None:
    perfect = cases("c" * 8 + "p" * 40, [0.9] * 8 + [0.1] * 40)
    chance = cases("c" * 8 + "p" * 40, [0.4] * 8 + [0.1, 0.6] * 20)
    pair = paired_differences([perfect, chance], resamples=2000)["auc"][0]
    assert pair.estimate.low > 0.2  # the bootstrap alone would be sure
    assert (pair.groups, pair.p) == (8, 2 * 0.5**8)
    assert [least_p(n) for n in (0, 1, 2, 8)] == [1.0, 1.0, 0.5, 0.0078125]


def test_a_figure_that_one_network_has_not_gives_no_difference() -> None:
    some = cases("cp", [0.9, 0.1])
    none = cases("cp", [0.1, 0.1])  # never calls cancer: no precision
    pair = paired_differences([some, none], resamples=20)["precision"][0]
    assert pair.estimate.value is None
    assert pair.estimate.note == "for one of the two no case was predicted positive"
    assert (pair.p, pair.adjusted) == (None, None)
    assert pair.as_json()["p_holm"] is None
    one_class = cases("cc", [0.9, 0.8])
    area = paired_differences([one_class, one_class], resamples=20)["auc"][0]
    assert area.estimate.note == "for one of the two only one class is there"


def test_holm_by_hand() -> None:
    # sorted 0.01, 0.02, 0.03, 0.04 times 4, 3, 2, 1, each at least the one before
    assert holm([0.04, 0.01, 0.03, 0.02]) == pytest.approx([0.06, 0.04, 0.06, 0.06])
    assert holm([0.9, 0.8]) == [1.0, 1.0]
    assert holm([]) == []


@given(st.lists(st.floats(0, 1), max_size=40))
def test_holm_is_that_of_statsmodels_to_the_last_digit(p: list[float]) -> None:
    with mock.patch("gc.collect"):  # statsmodels calls it, which takes 0.3 s beside torch
        expected = multipletests(p, method="holm")[1].tolist() if p else []
    assert holm(p) == expected


def test_p_is_adjusted_within_one_figure_of_merit() -> None:
    runs = [many(98), many(90), many(70)]
    pairs = paired_differences(runs, resamples=400)["accuracy"]
    assert [pair.adjusted for pair in pairs] == pytest.approx(holm([pair.p for pair in pairs]))


def pair(first: int, second: int, adjusted: float | None) -> Difference:
    return Difference(first, second, Estimate(0.1, 0.0, 0.2, "bootstrap"), 9, adjusted, adjusted)


@pytest.mark.parametrize(
    ("adjusted", "marked"),
    [
        ((0.01, 0.02, 0.9), True),  # 0 against both others
        ((0.06, 0.02, 0.01), False),  # not against the next best
        ((0.01, 0.06, 0.01), False),  # not against the last
        ((None, 0.01, None), False),  # one difference is not known
        ((ALPHA, 0.01, 0.01), False),  # at the level is not below it
    ],
)
def test_the_best_is_marked_only_if_it_differs_from_every_other(
    adjusted: tuple[float | None, ...], marked: bool
) -> None:
    pairs = [pair(0, 1, adjusted[0]), pair(0, 2, adjusted[1]), pair(1, 2, adjusted[2])]
    assert best_network([0.9, 0.8, 0.7], pairs) == (0, marked)


def test_a_network_without_the_figure_stands_in_nobodys_way() -> None:
    pairs = [pair(0, 1, 0.01), pair(0, 2, None), pair(1, 2, None)]
    assert best_network([0.9, 0.8, None], pairs) == (0, True)
    assert best_network([0.9, None, None], [pair(0, 1, None)]) == (0, False)
    assert best_network([None, None], [pair(0, 1, None)]) == (None, False)


def test_when_nothing_differs_false_alarms_stay_rare() -> None:
    """Random scores: of 40 sets of five networks, few have any adjusted p below 0.05.

    If 5 % of sets alarm, more than 5 of 40 do so with a probability of 1.4 % (binomial). Without
    Holm's correction 12 of these 40 do; if 30 % do, at most 5 of 40 has one of 0.9 %.
    """
    rng = np.random.default_rng(5)
    alarms = 0
    for _ in range(40):
        runs = [cases("c" * 30 + "p" * 30, list(rng.random(60))) for _ in range(5)]
        pairs = paired_differences(runs, resamples=300)["auc"]
        alarms += any(one.adjusted < ALPHA for one in pairs)
    assert alarms <= 5
