"""Temperature scaling, by hand and next to logistic regression."""

from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from hilum.scores import Labelled, apply_temperature, fit_temperature
from hilum.scores.temperature import FLATTEST


def slices(probabilities: object, labels: str, names: str = "cp") -> Labelled:
    """Slices of groups of their own, the classes named by letters."""
    array = np.array(probabilities, dtype=np.float64)
    label = np.array(list(labels), dtype=object)
    group = np.array([f"g{number}" for number in range(len(label))], dtype=object)
    return Labelled(group, label, label, array, list(names), names[0])


def test_two_classes_by_hand() -> None:
    ten = slices([[0.9, 0.1]] * 10, "ccccccccpp")
    fit = fit_temperature(ten)
    assert fit.temperature == pytest.approx(math.log(9) / math.log(4), abs=2e-6)
    scaled = apply_temperature(ten.probabilities, fit.temperature)
    assert scaled[0] == pytest.approx([0.8, 0.2], abs=1e-6)  # 8 of 10 are cancer
    assert fit.as_json() == {
        "method": "temperature",
        "temperature": fit.temperature,
        "fitted": True,
        "slices": 10,
        "groups": 10,
        "note": "It is uncertain: only 2 of 10 validation slices are called wrongly.",
        "fitted_on": "validation",
    }


def test_three_classes_by_hand() -> None:
    fit = fit_temperature(slices([[0.1, 0.8, 0.1]] * 5, "pppcn", names="cpn"))
    assert fit.temperature == pytest.approx(math.log(8) / math.log(3), abs=2e-6)


def test_it_is_logistic_regression_on_the_logit_without_intercept() -> None:
    rng = np.random.default_rng(1)
    logit = rng.normal(0, 3, 400)
    truth = rng.uniform(size=400) < 1 / (1 + np.exp(-logit / 1.7))
    score = 1 / (1 + np.exp(-logit))
    labels = "".join(np.where(truth, "c", "p"))
    fit = fit_temperature(slices(np.stack([score, 1 - score], 1), labels))
    oracle = LogisticRegression(C=np.inf, fit_intercept=False, tol=1e-10)
    oracle.fit(logit[:, None], truth)
    assert 1 / fit.temperature == pytest.approx(float(oracle.coef_[0, 0]), abs=1e-4)
    assert 1.4 < fit.temperature < 2.1
    assert fit.note == ""


def test_a_temperature_of_one_leaves_probabilities_and_any_keeps_the_highest_class() -> None:
    rng = np.random.default_rng(2)
    probabilities = rng.dirichlet([0.3, 0.3, 0.3], 50)
    assert apply_temperature(probabilities, 1.0) == pytest.approx(probabilities, abs=1e-12)
    for temperature in (0.05, 0.7, 3.0, 20.0):
        scaled = apply_temperature(probabilities, temperature)
        assert scaled.sum(axis=1) == pytest.approx(np.ones(50))
        assert (scaled.argmax(axis=1) == probabilities.argmax(axis=1)).all()


def test_zeros_have_a_logarithm_too() -> None:
    scaled = apply_temperature(np.array([[1.0, 0.0]]), 10.0)
    odds = float(np.finfo(np.float32).tiny) ** 0.1
    assert scaled[0, 1] == pytest.approx(odds / (1 + odds))
    fit = fit_temperature(slices([[1.0, 0.0]] * 20 + [[0.0, 1.0]], "c" * 21))
    assert fit.fitted is False  # one class only, and no warning of a logarithm
    both = slices([[1.0, 0.0]] * 20, "c" * 19 + "p")
    assert fit_temperature(both).fitted is True


@pytest.mark.parametrize(
    ("probabilities", "labels", "words"),
    [
        (
            [[0.9, 0.1], [0.2, 0.8], [0.4, 0.6]],
            "cpp",
            "All 3 validation slices are classified correctly",
        ),
        ([[0.9, 0.1], [0.2, 0.8]], "cc", "The 2 validation slices are of one class only"),
        ([[0.5, 0.5], [0.5, 0.5]], "cp", "Each of the 2 validation slices got equal"),
        ([[0.5, 0.5], [0.5 + 1e-9, 0.5 - 1e-9], [0.1, 0.9]], "pcp", "lower bound of 0.05"),
    ],
)
def test_what_can_not_be_learnt_is_said_and_nothing_is_scaled(
    probabilities: list[list[float]], labels: str, words: str
) -> None:
    fit = fit_temperature(slices(probabilities, labels))
    assert (fit.temperature, fit.fitted) == (1.0, False)
    assert words in fit.note
    assert fit.note.endswith("so no temperature can be fitted, and the probabilities stay the "
                             "network's own.")  # fmt: skip


def test_without_validation_slices_there_is_no_temperature() -> None:
    none = slices(np.empty((0, 2)), "")
    for fit in (fit_temperature(None), fit_temperature(none)):
        assert (fit.fitted, fit.slices) == (False, 0)
        assert fit.note.startswith("There are no validation slices")


def test_a_network_that_is_worse_than_none_runs_to_the_upper_bound() -> None:
    fit = fit_temperature(slices([[0.9, 0.1]] * 10 + [[0.1, 0.9]] * 10, "p" * 10 + "c" * 10))
    assert fit.fitted is True
    assert fit.temperature == pytest.approx(FLATTEST, rel=1e-3)
    assert "runs to its upper bound of 20" in fit.note


def test_scaled_probabilities_equal_the_softmax_of_scipy() -> None:
    from scipy.special import softmax

    rng = np.random.default_rng(0)
    probabilities = softmax(rng.normal(0, 9, (500, 3)), axis=1)
    expected = softmax(np.log(probabilities) / 1.7, axis=1)
    assert np.array_equal(apply_temperature(probabilities, 1.7), expected)
