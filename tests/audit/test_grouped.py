"""Grouped folds and the ridge regression that is cross-validated on them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import Ridge as Oracle

from hilum.audit.grouped import STRENGTH, fit_ridge, grouped_folds, one_hot


def names(values: list[str]) -> np.ndarray:
    return np.array(values, dtype=object)


def test_folds_keep_groups_whole_and_hold_every_label_and_source_evenly() -> None:
    groups = names([f"g{n // 3}" for n in range(120)])
    labels = names(["cancer" if n // 3 % 2 else "normal" for n in range(120)])
    sources = names(["ab"[n // 3 // 2 % 2] for n in range(120)])
    folds = grouped_folds(labels, groups, sources)
    assert folds is not None
    frame = pd.DataFrame({"fold": folds, "group": groups, "label": labels, "source": sources})
    assert (frame.groupby("group")["fold"].nunique() == 1).all()
    counts = frame.groupby(["fold", "label", "source"])["group"].nunique()
    assert counts.tolist() == [2] * 20


def test_folds_are_fewer_or_none_where_groups_are_few() -> None:
    labels = names(["a"] * 4 + ["b"] * 9)
    groups = names([f"g{n}" for n in range(13)])
    folds = grouped_folds(labels, groups, groups)
    assert folds is not None
    assert folds.max() == 3
    assert grouped_folds(labels[1:], groups[1:], groups[1:]) is None
    assert grouped_folds(labels[:4], groups[:4], groups[:4]) is None


@pytest.mark.parametrize("width", [5, 80])
def test_the_ridge_is_scikit_learns_on_standardised_features(width: int) -> None:
    rng = np.random.default_rng(0)
    features = rng.normal(3, 2, (40, width)).astype(np.float32)
    features[:, 0] = 1.0  # says nothing
    targets = rng.normal(size=(40, 2))
    own = fit_ridge(features, targets).scores(features)
    rows = (features - features.mean(axis=0)) / np.where(
        features.std(axis=0) > 0, features.std(axis=0), np.inf
    )
    oracle = Oracle(alpha=STRENGTH * (width - 1)).fit(rows, targets - targets.mean(axis=0))
    assert own == pytest.approx(oracle.predict(rows), abs=1e-5)


def test_one_hot_leaves_the_unknown_out() -> None:
    table = one_hot(np.array([0, 1, 1, -1]))
    assert table[:, 0].tolist() == [1, 0, 0, 0]
    assert table[:, 1] == pytest.approx(np.array([0, 1, 1, 0]) / np.sqrt(2))
