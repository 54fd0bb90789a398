"""Precision and recall over thresholds: against scikit-learn, with ties and weights."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score

from hilum.scores.precision_recall import precision_recall_curve, weighted_average_precision


@given(
    st.lists(st.tuples(st.booleans(), st.integers(0, 9), st.integers(0, 3)), min_size=1).filter(
        lambda rows: any(positive and weight for positive, _, weight in rows)
    )
)
def test_average_precision_is_that_of_scikit_learn(rows: list[tuple[bool, int, int]]) -> None:
    positive, score, weight = (np.array(column) for column in zip(*rows, strict=True))
    expected = average_precision_score(positive, score, sample_weight=weight)
    found = weighted_average_precision(positive, score / 9, weight[None].astype(float))
    assert found[0] == pytest.approx(expected)


def test_the_steps_of_the_curve_enclose_the_average_precision() -> None:
    rng = np.random.default_rng(5)
    positive = rng.random(200) < 0.3
    score = rng.normal(size=200) + positive
    recall, precision = precision_recall_curve(positive, score)
    area = (np.diff(recall, prepend=0) * precision).sum()
    assert area == pytest.approx(average_precision_score(positive, score))
    assert len(recall) == positive.sum() and recall[-1] == 1


def test_a_long_curve_is_thinned_and_keeps_its_ends() -> None:
    positive = np.ones(2000, dtype=bool)
    recall, precision = precision_recall_curve(positive, np.arange(2000) / 2000, most=50)
    assert len(recall) == 50 and (recall[0], recall[-1]) == (1 / 2000, 1.0)
    assert (precision == 1).all()


def test_without_a_positive_case_there_is_none() -> None:
    none = np.zeros(3, dtype=bool)
    assert np.isnan(weighted_average_precision(none, np.arange(3.0), np.ones((2, 3)))).all()
    assert np.isnan(weighted_average_precision(none[:0], np.zeros(0), np.ones((1, 0)))).all()
    assert precision_recall_curve(none, np.arange(3.0))[0].size == 0
