"""Two classes out of several: which score stands for them."""

from __future__ import annotations

import numpy as np
import pytest

from hilum.errors import UsageError
from hilum.scores.classification import Labelled
from hilum.scores.pairs import as_pair, pair_score

PROBABILITIES = np.array([[0.6, 0.3, 0.1], [0.2, 0.2, 0.6], [0.0, 0.0, 1.0]])
NAMES = ["cancer", "normal", "pneumonia"]


def test_a_network_that_knows_both_is_asked_for_the_odds_between_them() -> None:
    score = pair_score(PROBABILITIES, NAMES, "cancer", "normal")
    assert score == pytest.approx([2 / 3, 0.5, 0.5])


def test_a_network_that_knows_one_of_them_is_asked_for_that_one() -> None:
    two = PROBABILITIES[:, :2]
    assert pair_score(two, ["cancer", "pneumonia"], "cancer", "normal").tolist() == [0.6, 0.2, 0.0]
    assert pair_score(two, ["cancer", "pneumonia"], "normal", "pneumonia").tolist() == [
        0.7, 0.8, 1.0,
    ]  # fmt: skip


def test_a_network_that_knows_neither_can_not_be_asked() -> None:
    with pytest.raises(UsageError, match=r"got benign:normal\.$"):
        pair_score(PROBABILITIES, ["cancer", "a", "b"], "benign", "normal")


def test_cases_of_other_labels_are_left_out() -> None:
    label = np.array(["cancer", "pneumonia", "normal"], dtype=object)
    cases = Labelled(label, label, label, PROBABILITIES, NAMES, "cancer")
    pair = as_pair(cases, "normal", "cancer")
    assert pair.label.tolist() == ["cancer", "normal"]
    assert (pair.positive, list(pair.class_names)) == ("normal", ["normal", "cancer"])
    assert pair.score == pytest.approx([1 / 3, 0.5])
    assert pair.predicted.tolist() == ["cancer", "normal"]


def test_where_one_class_is_known_it_counts_as_called_where_the_network_called_it() -> None:
    label = np.array(["cancer", "normal", "normal"], dtype=object)
    called = np.array(["cancer", "cancer", "pneumonia"], dtype=object)
    two = np.array([[0.9, 0.1], [0.8, 0.2], [0.1, 0.9]])
    cases = Labelled(label, label, called, two, ["cancer", "pneumonia"], "cancer")
    assert as_pair(cases, "cancer", "normal").predicted.tolist() == ["cancer", "cancer", "normal"]
