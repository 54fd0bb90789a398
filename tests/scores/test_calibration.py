"""Brier score, calibration error and reliability curve, by hand and next to scikit-learn."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.metrics import brier_score_loss

from hilum.scores import Labelled, calibration_block, exact_bound


def cases(
    score: np.ndarray[Any, Any], truth: np.ndarray[Any, Any], *, a_group: int = 1
) -> Labelled:
    """Slices of two classes, so many of them in a group."""
    label = np.where(truth, "c", "p").astype(object)
    group = np.array([f"g{i // a_group}" for i in range(len(label))], dtype=object)
    return Labelled(group, label, label, np.stack([score, 1 - score], 1), ["c", "p"], "c")


def drawn(n: int, temperature: float, seed: int) -> Labelled:
    """Slices whose probabilities would be right after scaling by `temperature`."""
    rng = np.random.default_rng(seed)
    logit = rng.normal(0, 2, n)
    truth = rng.uniform(size=n) < 1 / (1 + np.exp(-logit))
    return cases(1 / (1 + np.exp(-logit * temperature)), truth)


def test_two_bins_by_hand() -> None:
    score = np.array([0.1] * 10 + [0.9] * 10)
    truth = np.array([True] * 3 + [False] * 7 + [True] * 8 + [False] * 2)
    content = calibration_block({"test": cases(score, truth)})["test"]["before"]
    assert content["brier"]["value"] == pytest.approx(
        (3 * 0.81 + 7 * 0.01 + 8 * 0.01 + 2 * 0.81) / 20
    )
    assert content["calibration_error"]["value"] == pytest.approx((0.2 + 0.1) / 2)
    first, second = content["reliability"]
    assert (first["n"], first["groups"], first["probability"]) == (10, 10, 0.1)
    assert (first["observed"]["value"], second["observed"]["value"]) == (0.3, 0.8)
    assert first["observed"]["low"] < 0.3 < first["observed"]["high"]


def test_the_brier_score_is_that_of_scikit_learn() -> None:
    many = drawn(200, 1.0, seed=0)
    content = calibration_block({"test": many})["test"]["before"]["brier"]
    assert content["value"] == pytest.approx(
        brier_score_loss(many.is_positive, many.score), abs=1e-6
    )


def test_scaling_mends_what_is_too_sure_and_says_by_how_much() -> None:
    content = calibration_block({"validation": drawn(600, 3.0, 1), "test": drawn(600, 3.0, 2)})
    assert content["temperature"] == pytest.approx(3.0, abs=0.5)
    before, after = content["test"]["before"], content["test"]["after"]
    assert after["calibration_error"]["value"] < before["calibration_error"]["value"] / 2
    change = content["test"]["brier_change"]
    assert change["value"] == pytest.approx(
        after["brier"]["value"] - before["brier"]["value"], abs=2e-6
    )
    assert change["low"] < change["value"] < change["high"] < 0


def test_the_interval_of_the_error_reaches_further_down_for_chance_only_adds_to_it() -> None:
    right = calibration_block({"test": drawn(150, 1.0, seed=3)})["test"]["before"]
    error = right["calibration_error"]
    assert error["value"] > 0.02  # though every probability is exactly right
    assert error["low"] == 0.0
    assert error["high"] - error["value"] < error["value"] - error["low"]
    assert error["high"] >= error["value"]


def test_equal_probabilities_share_a_bin_and_no_bin_reaches_over_a_fifth() -> None:
    score = np.array([1e-6] * 55 + [0.999999] * 45)
    content = calibration_block({"test": cases(score, score > 0.5)})["test"]["before"]
    assert [part["n"] for part in content["reliability"]] == [55, 45]
    spread = np.linspace(0.001, 0.999, 200)
    content = calibration_block({"test": cases(spread, spread > 0.5)})["test"]["before"]
    assert [part["n"] for part in content["reliability"]] == [20] * 10
    lopsided = np.r_[np.linspace(0, 0.01, 95), [0.3, 0.5, 0.7, 0.9, 1.0]]
    content = calibration_block({"test": cases(lopsided, lopsided > 0.2)})["test"]["before"]
    assert [part["n"] for part in content["reliability"]][-4:] == [1, 1, 1, 2]
    assert sum(part["n"] for part in content["reliability"]) == 100


def test_a_bin_that_is_all_right_has_the_exact_interval_of_its_groups() -> None:
    score = np.array([0.99] * 12 + [0.01] * 12)
    content = calibration_block({"test": cases(score, score > 0.5, a_group=3)})["test"]["before"]
    last = content["reliability"][-1]
    assert (last["n"], last["groups"]) == (12, 4)
    assert last["observed"] == {
        "value": 1.0, "low": round(exact_bound(4), 6), "high": 1.0, "method": "exact",
    }  # fmt: skip


def test_a_perfect_score_is_not_certain() -> None:
    score = np.array([1.0] * 5 + [0.0] * 5)
    content = calibration_block({"test": cases(score, score > 0.5)})["test"]["before"]
    for name in ("brier", "calibration_error"):
        assert content[name]["value"] == 0.0
        assert content[name]["high"] == pytest.approx(1 - exact_bound(10), abs=1e-6)
        assert content[name]["method"] == "exact"


def test_without_a_fit_there_is_no_after() -> None:
    score = np.array([0.9] * 5 + [0.1] * 5)
    right = cases(score, score > 0.5)
    content = calibration_block({"validation": right, "test": right})
    assert (content["fitted"], set(content["test"])) == (False, {"before"})
    alone = calibration_block({"test": right})
    assert "validation" not in alone
    assert alone["note"].startswith("There are no validation slices")


def test_of_several_classes_the_positive_one_is_described() -> None:
    probabilities = np.array([[0.6, 0.3, 0.1], [0.2, 0.5, 0.3], [0.1, 0.2, 0.7], [0.5, 0.4, 0.1]])
    label = np.array(["c", "p", "n", "p"], dtype=object)
    group = np.array(list("abcd"), dtype=object)
    four = Labelled(group, label, label, probabilities, ["c", "p", "n"], "c")
    content = calibration_block({"validation": four, "test": four})
    assert content["fitted"] is True
    expected = (0.4**2 + 0.2**2 + 0.1**2 + 0.5**2) / 4
    assert content["test"]["before"]["brier"]["value"] == pytest.approx(expected)
