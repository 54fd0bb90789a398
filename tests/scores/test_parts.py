"""Metrics by part of a set."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from hilum.scores.classification import Labelled
from hilum.scores.parts import bands, parts_block


def text(*values: object) -> np.ndarray:
    return np.array([str(value) for value in values], dtype=object)


def made(seed: int = 0) -> tuple[Labelled, np.ndarray]:
    """60 cases of women that are told well, 60 of men that are told by chance."""
    rng = np.random.default_rng(seed)
    part = np.repeat(["F", "M"], 60).astype(object)
    truth = np.tile(np.arange(60) < 30, 2)
    score = np.where(part == "F", 0.25 + 0.5 * truth, 0.5) + rng.uniform(-0.24, 0.24, 120)
    label = np.where(truth, "cancer", "normal").astype(object)
    cases = Labelled(
        np.arange(120).astype(str).astype(object), label,
        np.where(score >= 0.5, "cancer", "normal").astype(object),
        np.stack([score, 1 - score], axis=1), ["cancer", "normal"], "cancer",
    )  # fmt: skip
    return cases, part


def test_each_part_has_its_own_metrics() -> None:
    cases, part = made()
    entries = {entry["part"]: entry for entry in parts_block(cases, part)}
    for name in ("F", "M"):
        inside = part == name
        expected = roc_auc_score(cases.is_positive[inside], cases.score[inside])
        assert entries[name]["figures"]["auc"]["value"] == pytest.approx(expected, abs=1e-6)
    assert entries["F"]["by_class"] == {"cancer": 30, "normal": 30}


def test_a_part_that_is_told_worse_than_the_rest_is_significantly_so() -> None:
    cases, part = made()
    entries = {entry["part"]: entry for entry in parts_block(cases, part)}
    change = entries["M"]["auc_minus_rest"]
    assert change["high"] < 0
    assert change["p"] < change["p_holm"] < 0.05  # two parts: Holm doubles the smaller p


def test_parts_that_tell_nothing_are_not_significant() -> None:
    cases, _ = made()
    part = text(*np.tile(["a", "b", "c"], 40))
    assert all(entry["auc_minus_rest"]["p_holm"] > 0.05 for entry in parts_block(cases, part))


def test_bands_of_numbers_are_in_their_order() -> None:
    cases, _ = made()
    part = np.array((["8 to 18", "18 to 22", "not known"] * 40), dtype=object)
    names = [entry["part"] for entry in parts_block(cases, part)]
    assert names == ["8 to 18", "18 to 22", "not known"]


def test_a_part_with_too_few_groups_is_named_and_not_scored() -> None:
    cases, part = made()
    part[:3] = "X"
    entry = next(entry for entry in parts_block(cases, part) if entry["part"] == "X")
    assert entry["note"] == "fewer than 5 groups: not scored"
    assert "figures" not in entry
    assert "auc_minus_rest" not in entry


def test_a_part_of_one_class_has_no_auc() -> None:
    cases, part = made()
    part[cases.is_positive] = "F"
    entry = next(entry for entry in parts_block(cases, part) if entry["part"] == "M")
    assert entry["figures"]["auc"] == {
        "value": None, "low": None, "high": None, "method": "bootstrap",
        "note": "only one class is there",
    }  # fmt: skip
    assert entry["figures"]["specificity"]["value"] is not None


def test_numbers_are_cut_into_quarters_and_words_are_not() -> None:
    ages = text(*range(40, 80), "", "  ")
    found = bands(ages)
    assert sorted(set(found)) == [
        "40 to 49.75", "49.75 to 59.5", "59.5 to 69.25", "69.25 to 79", "not known",
    ]  # fmt: skip
    assert [int((found == name).sum()) for name in sorted(set(found))] == [10, 10, 10, 10, 2]
    assert bands(text("F", "M", "")).tolist() == ["F", "M", "not known"]
    assert bands(text(1, 2, 3, 1)).tolist() == ["1", "2", "3", "1"]
