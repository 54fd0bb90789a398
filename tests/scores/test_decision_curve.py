"""Predictive values and net benefit, against hand computations."""

from __future__ import annotations

import numpy as np
import pytest

from hilum.errors import UsageError
from hilum.scores.classification import Labelled
from hilum.scores.decision_curve import (
    check_prevalence,
    decision_curve,
    predictive_values,
    shift_prevalence,
)

PERCENT_20 = 19
"""Index of the threshold 0.20."""


def cases_of(positives: list[float], negatives: list[float]) -> Labelled:
    score = np.array([*positives, *negatives])
    label = np.array(["cancer"] * len(positives) + ["normal"] * len(negatives), dtype=object)
    return Labelled(
        np.arange(len(score)).astype(str).astype(object), label,
        np.where(score >= 0.5, "cancer", "normal").astype(object),
        np.stack([score, 1 - score], axis=1), ["cancer", "normal"], "cancer",
    )  # fmt: skip


def ten() -> Labelled:
    """Four positives, three of them from 0.2 on; six negatives, two of them from 0.2 on."""
    return cases_of([0.9, 0.6, 0.3, 0.1], [0.7, 0.25, 0.15, 0.1, 0.05, 0.02])


def test_net_benefit_is_that_of_a_hand_computation() -> None:
    curve = decision_curve(ten())
    # 3 true and 2 false positives of 10 at a threshold of 0.2: 3/10 - 2/10 * 0.2/0.8
    assert curve["threshold"][PERCENT_20] == 0.2
    assert curve["network"][PERCENT_20] == pytest.approx(0.25, abs=1e-6)
    assert curve["all"][PERCENT_20] == pytest.approx(0.4 - 0.6 * 0.25, abs=1e-6)
    assert curve["prevalence"] == 0.4


def test_a_stated_prevalence_weighs_the_classes() -> None:
    curve = decision_curve(ten(), prevalence=0.02)
    expected = 0.75 * 0.02 - (2 / 6) * 0.98 * 0.25
    assert curve["network"][PERCENT_20] == pytest.approx(expected, abs=1e-6)
    assert curve["best"] == []


def test_a_perfect_network_is_better_than_treating_all_or_none() -> None:
    """Of 20 groups a class: the rates may be 0.83, and at low thresholds treating all does better.

    0.83 * 0.5 - 0.17 * 0.5 * odds is above 0.5 - 0.5 * odds from odds of 0.2 on: from 0.17.
    """
    curve = decision_curve(cases_of([1.0] * 20, [0.0] * 20))
    least = 0.025 ** (1 / 20)
    odds = 0.17 / 0.83
    assert set(curve["network"]) == {0.5}
    assert curve["low"][16] == pytest.approx(least * 0.5 - (1 - least) * 0.5 * odds, abs=1e-6)
    first, last = curve["best"][0]
    assert first == 0.17 and len(curve["best"]) == 1
    assert last == 0.83  # there one false positive outweighs what may be found


def test_predictive_values_follow_bayes_rule() -> None:
    found = predictive_values(ten(), 0.1)  # at 0.5: sensitivity 2/4, specificity 5/6
    positive = 0.5 * 0.1 / (0.5 * 0.1 + (1 / 6) * 0.9)
    negative = (5 / 6) * 0.9 / ((5 / 6) * 0.9 + 0.5 * 0.1)
    assert found["positive_predictive_value"]["value"] == pytest.approx(positive, abs=1e-6)
    assert found["negative_predictive_value"]["value"] == pytest.approx(negative, abs=1e-6)
    assert found["positive_predictive_value"]["low"] < positive


def test_a_perfect_specificity_leaves_room_for_false_positives() -> None:
    """20 of 20 cleared: specificity may be 0.83, and at 2 % most calls would then be false."""
    found = predictive_values(cases_of([0.9] * 20, [0.1] * 20), 0.02)["positive_predictive_value"]
    low = 0.025 ** (1 / 20)
    expected = low * 0.02 / (low * 0.02 + (1 - low) * 0.98)
    assert (found["value"], found["high"], found["method"]) == (1.0, 1.0, "exact")
    assert found["low"] == pytest.approx(expected, abs=1e-6)
    assert found["low"] < 0.1


def test_shifting_to_the_same_prevalence_changes_nothing() -> None:
    score = np.array([0.0, 0.2, 1.0])
    assert shift_prevalence(score, of_set=0.3, prevalence=0.3) == pytest.approx(score)
    assert shift_prevalence(score, of_set=0.5, prevalence=0.02)[1] == pytest.approx(
        0.2 * 0.04 / (0.2 * 0.04 + 0.8 * 1.96)
    )


@pytest.mark.parametrize("share", [0.0, 1.0, -0.1, 2.0, float("nan")])
def test_a_prevalence_lies_between_0_and_1(share: float) -> None:
    with pytest.raises(UsageError, match=r"above 0 and below 1, such as 0\.02; got"):
        check_prevalence(share)


def test_one_class_alone_has_no_curve() -> None:
    assert decision_curve(cases_of([0.5], [])) == {
        "prevalence": None,
        "note": "only one class is there",
    }
