"""AUC within sources: what the sources alone tell has no part in it."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from hilum.scores.classification import Labelled
from hilum.scores.within_source import within_source_block


def cases_of(truth: np.ndarray, score: np.ndarray, group: np.ndarray | None = None) -> Labelled:
    label = np.where(truth, "cancer", "normal").astype(object)
    named = np.arange(len(truth)).astype(str) if group is None else group
    return Labelled(
        named.astype(object), label, np.where(score >= 0.5, "cancer", "normal").astype(object),
        np.stack([score, 1 - score], axis=1), ["cancer", "normal"], "cancer",
    )  # fmt: skip


def two_sources(seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Source a: 40 cancer, 20 normal; b: 10 cancer, 50 normal; a scores higher by its source."""
    rng = np.random.default_rng(seed)
    source = np.repeat(["a", "b"], 60).astype(object)
    truth = np.r_[np.arange(60) < 40, np.arange(60) < 10]
    score = np.clip(rng.random(120) * 0.4 + 0.1 * truth + 0.5 * (source == "a"), 0, 1)
    return truth, score, source


def test_each_source_and_their_mean_are_those_of_scikit_learn() -> None:
    truth, score, source = two_sources()
    block = within_source_block(cases_of(truth, score), source)
    expected = {
        name: roc_auc_score(truth[source == name], score[source == name]) for name in ("a", "b")
    }
    found = {entry["source"]: entry["auc"]["value"] for entry in block["sources"]}
    assert found == pytest.approx(expected, abs=1e-6)
    pooled = (40 * expected["a"] + 10 * expected["b"]) / 50  # weighted by positive slices
    assert block["pooled"]["value"] == pytest.approx(pooled, abs=1e-6)
    assert block["pooled"]["low"] < pooled < block["pooled"]["high"]


def test_a_score_that_knows_the_source_alone_is_chance_within_it() -> None:
    truth, _, source = two_sources()
    score = np.where(source == "a", 0.9, 0.1)
    block = within_source_block(cases_of(truth, score), source)
    assert roc_auc_score(truth, score) > 0.7
    assert block["pooled"]["value"] == 0.5


def test_a_source_of_one_class_is_named_and_not_scored() -> None:
    truth, score, source = two_sources()
    truth[source == "b"] = False
    block = within_source_block(cases_of(truth, score), source)
    assert block["one_class"] == ["b"]
    assert [entry["source"] for entry in block["sources"]] == ["a"]
    assert block["pooled"]["value"] == block["sources"][0]["auc"]["value"]


def test_where_each_class_has_its_own_source_nothing_is_left_to_score() -> None:
    _, score, source = two_sources()
    block = within_source_block(cases_of(source == "a", score), source)
    assert block["sources"] == []
    assert block["pooled"]["value"] is None
    assert block["pooled"]["note"] == "no source holds both cancer and another class"


def test_a_source_with_too_few_groups_says_so() -> None:
    truth, score, source = two_sources()
    group = np.where((source == "b") & truth, "one patient", np.arange(120).astype(str))
    block = within_source_block(cases_of(truth, score, group), source)
    few = next(entry for entry in block["sources"] if entry["source"] == "b")
    assert (few["positives"], few["negatives"]) == (1, 50)
    assert few["auc"]["note"] == "fewer than 5 groups of cancer"
    assert block["pooled"]["value"] == pytest.approx(
        roc_auc_score(truth[source == "a"], score[source == "a"]), abs=1e-6
    )


def test_out_of_fold_slices_of_two_folds_are_not_compared() -> None:
    """The second network scores everything 10 higher: within a fold that makes no difference."""
    truth, score, source = two_sources()
    fold = np.tile(["1", "2"], 60).astype(object)
    shifted = np.where(fold == "2", 10 + score, score)
    block = within_source_block(cases_of(truth, shifted), source, fold=fold)
    for entry in block["sources"]:
        inside = source == entry["source"]
        areas, positives = [], []
        for name in ("1", "2"):
            own = inside & (fold == name)
            areas.append(roc_auc_score(truth[own], score[own]))
            positives.append(truth[own].sum())
        expected = np.average(areas, weights=positives)
        assert entry["auc"]["value"] == pytest.approx(expected, abs=1e-6)
    one_network = within_source_block(cases_of(truth, shifted), source)
    assert one_network["pooled"]["value"] < block["pooled"]["value"] - 0.05


def test_a_source_whose_folds_hold_one_class_each_has_no_auc() -> None:
    truth, score, source = two_sources()
    fold = np.where(truth, "1", "2").astype(object)
    block = within_source_block(cases_of(truth, score), source, fold=fold)
    assert {entry["auc"]["note"] for entry in block["sources"]} == {
        "no fold holds both classes of it"
    }
    assert block["pooled"]["value"] is None


def test_the_sentence_says_what_the_pooled_auc_rests_on() -> None:
    truth, score, source = two_sources()
    both = within_source_block(cases_of(truth, score), source)
    pooled = both["pooled"]
    assert both["sentence"] == (
        f"AUC within a source: {pooled['value']:.3f} [{pooled['low']:.3f}, {pooled['high']:.3f}], "
        f"within a, b."
    )
    truth[source == "b"] = False
    one = within_source_block(cases_of(truth, score), source)
    assert one["sentence"].endswith("within a; b holds one class.")


def test_the_sentence_says_plainly_that_every_source_holds_one_class() -> None:
    _, score, source = two_sources()
    block = within_source_block(cases_of(source == "a", score), source)
    assert block["sentence"] == "AUC within a source: none: every source holds one class."
