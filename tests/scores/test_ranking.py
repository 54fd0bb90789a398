"""AUC and ROC, against scikit-learn and by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score
from sklearn.metrics import roc_curve as sklearn_roc

from hilum.scores import auc, roc_curve, weighted_auc

cases = st.lists(st.tuples(st.booleans(), st.integers(0, 6)), min_size=2, max_size=40).filter(
    lambda drawn: 0 < sum(positive for positive, _ in drawn) < len(drawn)
)


@given(cases)
def test_auc_is_that_of_scikit_learn_ties_included(drawn: list[tuple[bool, int]]) -> None:
    positive = np.array([p for p, _ in drawn])
    score = np.array([s / 6 for _, s in drawn])
    assert auc(positive, score) == pytest.approx(roc_auc_score(positive, score), abs=1e-12)


@given(cases, st.integers(0, 99))
def test_a_weight_counts_as_so_many_cases(drawn: list[tuple[bool, int]], seed: int) -> None:
    positive = np.array([p for p, _ in drawn])
    score = np.array([float(s) for _, s in drawn])
    times = np.random.default_rng(seed).integers(0, 4, (3, len(drawn)))
    weighted = weighted_auc(positive, score, times.astype(float))
    for row, value in zip(times, weighted, strict=True):
        repeated = auc(np.repeat(positive, row), np.repeat(score, row))
        assert value == pytest.approx(repeated, abs=1e-12, nan_ok=True)


def test_auc_by_hand() -> None:
    positive = np.array([True, True, False, False])
    assert auc(positive, np.array([0.9, 0.5, 0.5, 0.1])) == 3.5 / 4
    assert auc(positive, np.array([0.1, 0.2, 0.8, 0.9])) == 0.0
    assert auc(positive, np.zeros(4)) == 0.5


def test_auc_is_undefined_where_a_class_is_missing() -> None:
    assert math.isnan(auc(np.array([True, True]), np.array([0.1, 0.2])))
    assert math.isnan(auc(np.array([], dtype=bool), np.array([])))


@given(cases)
def test_the_roc_curve_has_the_corners_and_the_area(drawn: list[tuple[bool, int]]) -> None:
    positive = np.array([p for p, _ in drawn])
    score = np.array([float(s) for _, s in drawn])
    false, true = roc_curve(positive, score)
    theirs = sklearn_roc(positive, score, drop_intermediate=False)
    assert (false[0], true[0], false[-1], true[-1]) == (0, 0, 1, 1)
    assert {(f, t) for f, t in zip(false, true, strict=True)} <= set(zip(*theirs[:2], strict=True))
    assert np.trapezoid(true, false) == pytest.approx(auc(positive, score), abs=1e-12)


def test_the_roc_curve_by_hand() -> None:
    positive = np.array([True, True, False, True, False])
    false, true = roc_curve(positive, np.array([0.9, 0.8, 0.7, 0.6, 0.5]))
    assert false.tolist() == [0, 0, 0.5, 0.5, 1]
    assert true.tolist() == pytest.approx([0, 2 / 3, 2 / 3, 1, 1])
