"""DeLong's test: its definition written out pair by pair, and a case by hand."""

from __future__ import annotations

import numpy as np
import pytest

from hilum.scores.paired.delong import delong


def by_definition(positive: np.ndarray, scores: np.ndarray) -> tuple[float, float]:
    """Difference and standard error as equations 3 to 6 of DeLong et al. 1988 give them."""
    kernel = np.array(
        [
            [
                [1.0 if x > y else 0.5 if x == y else 0.0 for y in of[~positive]]
                for x in of[positive]
            ]
            for of in scores
        ]
    )
    v10, v01 = kernel.mean(axis=2), kernel.mean(axis=1)
    covariance = np.cov(v10) / v10.shape[1] + np.cov(v01) / v01.shape[1]
    contrast = np.array([1, -1])
    return float(contrast @ kernel.mean(axis=(1, 2))), float(
        (contrast @ covariance @ contrast) ** 0.5
    )


@pytest.mark.parametrize("seed", range(4))
def test_it_is_its_definition(seed: int) -> None:
    rng = np.random.default_rng(seed)
    positive = rng.random(60) < 0.4
    scores = np.round(rng.normal(size=(2, 60)) + positive * np.array([[1.0], [0.6]]), 1)  # ties
    found = delong(positive, scores[0], scores[1])
    assert found is not None
    assert found[:2] == pytest.approx(by_definition(positive, scores))
    assert found.z == pytest.approx(found.difference / found.standard_error)


def test_a_case_by_hand() -> None:
    """Two positives, two negatives. The first score ranks all right (AUC 1). The second ranks
    positive 2 below both negatives: placements of positives 1 and 0, of negatives 1/2 and 1/2.
    The differences are 0 and 1 (variance 1/2) and 1/2, 1/2 (variance 0): error sqrt(1/2 / 2)."""
    positive = np.array([True, True, False, False])
    found = delong(positive, np.array([0.9, 0.8, 0.2, 0.1]), np.array([0.9, 0.1, 0.3, 0.2]))
    assert found is not None
    assert found == pytest.approx((0.5, 0.5, 1.0, 0.31731050786291415))


def test_it_is_silent_where_it_has_nothing_to_go_by() -> None:
    positive = np.array([True, True, False, False])
    score = np.array([0.9, 0.3, 0.5, 0.1])
    same = delong(positive, score, score * 2)
    assert same == (0.0, 0.0, None, None)
    assert delong(np.array([True, False, False]), score[:3], score[:3]) is None
