"""Probes: what knows next to nothing, beside a headline AUC."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from hilum.audit.grouped import grouped_folds
from hilum.audit.probes import (
    auc_figures,
    cross_probe,
    gain_figure,
    histogram_features,
    probes_concern,
    thumbnail_features,
)

COUNT = 120
GROUPS = np.array([f"g{n // 3}" for n in range(COUNT)], dtype=object)
TRUTH = np.arange(COUNT) // 3 % 2 > 0
LABELS = np.where(TRUTH, "cancer", "normal").astype(object)


def test_features_are_what_they_are_called() -> None:
    grey = np.random.default_rng(0).integers(0, 256, (2, 64, 64), dtype=np.uint8)
    thumbnail = thumbnail_features(grey)
    assert thumbnail[1, 9] == pytest.approx(grey[1, 8:16, 8:16].mean(), abs=0.01)
    histogram = histogram_features(grey)
    assert histogram.shape == (2, 64)
    assert histogram[0, 3] == pytest.approx(((grey[0] >= 12) & (grey[0] < 16)).mean())


def test_auc_and_gain_are_scikit_learns_with_intervals_over_groups() -> None:
    rng = np.random.default_rng(1)
    score, probe = TRUTH + rng.normal(size=COUNT), TRUTH * 0.3 + rng.normal(size=COUNT)
    figures = auc_figures(TRUTH, {"network": score, "probe": probe}, GROUPS)
    figure = figures["network"]
    assert auc_figures(TRUTH, {"probe": probe}, GROUPS)["probe"] == figures["probe"]
    own, other = roc_auc_score(TRUTH, score), roc_auc_score(TRUTH, probe)
    assert figure["value"] == pytest.approx(own, abs=1e-6)
    assert figure["low"] < own < figure["high"]
    gain = gain_figure(TRUTH, score, probe, GROUPS)
    assert gain["value"] == pytest.approx(own - other, abs=1e-6)
    assert gain["low"] < own - other < gain["high"]


def test_a_probe_is_asked_of_groups_that_it_has_not_seen() -> None:
    rng = np.random.default_rng(2)
    folds = grouped_folds(LABELS, GROUPS, np.full(COUNT, "s", dtype=object))
    assert folds is not None
    of_group = np.repeat(rng.normal(size=(40, 5)), 3, axis=0).astype(np.float32)
    features = np.concatenate([of_group, TRUTH[:, None] + rng.normal(0, 0.1, (COUNT, 1))], axis=1)
    blind = cross_probe(of_group, LABELS, folds, "cancer")
    assert 0.2 < roc_auc_score(TRUTH, blind) < 0.8  # groups known by heart would give 1
    assert (
        roc_auc_score(TRUTH, cross_probe(features.astype(np.float32), LABELS, folds, "cancer"))
        > 0.9
    )


def figure(value: float, low: float) -> dict[str, float]:
    return {"value": value, "low": low, "high": min(1.0, value + 0.1)}


@pytest.mark.parametrize(
    ("border", "gain_low", "gain_high", "level", "words"),
    [
        (0.6, 0.1, 0.2, "blind", "cannot see a lesion"),
        (0.45, -0.1, 0.2, "close", "That gain may be none"),
        (0.45, -0.3, -0.1, "close", "So it is worse than a probe"),
        (0.45, 0.1, 0.2, "ahead", "a gain of"),
    ],
)
def test_the_verdict_looks_at_what_is_blind_to_lesions_first(
    border: float, gain_low: float, gain_high: float, level: str, words: str
) -> None:
    probes = {"border": figure(0.7, border), "histogram": figure(0.8, 0.7)}
    gain = {"value": 0.1, "low": gain_low, "high": gain_high}
    concern = probes_concern(probes, figure(0.9, 0.8), gain, strongest="histogram", of="the run")
    assert concern.level == level
    assert words in concern.sentence
    assert "The run reaches AUC 0.900" in concern.sentence
    assert "the grey levels without their places, 0.800" in concern.sentence
