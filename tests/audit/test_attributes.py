"""Utility of attributes: mutual information beyond chance, labels dealt among groups."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import mutual_info_score

from hilum.audit.attributes import (
    Attribute,
    attributes_concern,
    information,
    permuted_labels,
    utilities,
)


def names(values: object) -> np.ndarray:
    return np.array(values, dtype=object)


def test_information_is_scikit_learns_over_the_entropy_of_the_labels() -> None:
    rng = np.random.default_rng(0)
    codes, labels = rng.integers(0, 5, 300), rng.integers(0, 3, 300)
    of_label = mutual_info_score(labels, labels)
    assert information(codes, labels) == pytest.approx(mutual_info_score(codes, labels) / of_label)
    assert information(labels, labels) == pytest.approx(1)


def test_labels_are_dealt_group_by_group() -> None:
    groups = np.repeat(np.arange(30), 4)
    labels = np.repeat(np.arange(30) % 3, 4)
    dealt = permuted_labels(labels, groups, np.random.default_rng(1))
    assert (np.ptp(dealt.reshape(30, 4), axis=1) == 0).all()  # a group still has one label
    assert sorted(dealt) == sorted(labels)
    assert (dealt != labels).any()


def test_labels_within_a_group_go_along_in_their_shares() -> None:
    groups = np.repeat(np.arange(2), 4)
    labels = np.array([0, 0, 1, 1, 2, 2, 3, 3])
    seen = {tuple(sorted(permuted_labels(labels, groups, np.random.default_rng(s))[:4].tolist()))
            for s in range(8)}  # fmt: skip
    assert seen == {(0, 0, 1, 1), (2, 2, 3, 3)}


def test_what_belongs_to_the_group_is_no_utility_but_what_tells_the_label_is() -> None:
    groups = names([f"g{n // 10}" for n in range(400)])
    labels = names(["cancer" if n // 10 % 2 else "pneumonia" for n in range(400)])
    rng = np.random.default_rng(2)
    own = np.repeat(rng.normal(size=40), 10)  # each group has a value: all different, by chance
    features = np.where(labels == "cancer", 1.0, 0.0) + rng.normal(size=400) * 0.01
    found = utilities(
        [Attribute("own", "column", own), Attribute("told", "noise", features)], labels, groups
    )
    assert found["told"].value == pytest.approx(1, abs=0.01)
    assert found["told"].p_holm == pytest.approx(0.002)
    assert found["own"].p > 0.05
    assert (found["own"].slices, found["own"].groups) == (400, 40)


def test_a_column_that_is_known_of_one_class_only_is_not_judged() -> None:
    labels = names(["cancer", "pneumonia"] * 10)
    values = names(["x" if label == "cancer" else "" for label in labels])
    groups = names([f"g{n}" for n in range(20)])
    constant = np.ones(20)
    assert utilities([Attribute("a", "column", values), Attribute("b", "size", constant)],
                     labels, groups, permutations=9) == {}  # fmt: skip


def row(name: str, *, tells: bool, seen: float | None) -> dict[str, object]:
    return {"name": name, "kind": "noise", "utility": 0.5, "p_holm": 0.01, "tells": tells,
            "detectability": 1.0, "detectability_within_classes": seen,
            "by_class": {"cancer": "1", "normal": "2"}}  # fmt: skip


@pytest.mark.parametrize(
    ("rows", "level", "words"),
    [
        ([], "undefined", "No attribute could be judged"),
        ([row("a", tells=False, seen=0.9)], "none", "None of 1 attributes tells the label"),
        ([row("a", tells=True, seen=0.0)], "unseen", "a (noise) tells the label: utility 0.50"),
        ([row("a", tells=True, seen=None)], "seen", "1.00, which may be by way of the label"),
        ([row("a", tells=True, seen=0.05)], "unseen", "The features don't show it"),
        ([row("a", tells=True, seen=0.4)], "seen", "seen in the pictures (detectability 0.40)"),
    ],
)
def test_the_verdict_says_what_tells_and_whether_it_is_seen(
    rows: list[dict[str, object]], level: str, words: str
) -> None:
    concern = attributes_concern(rows)
    assert concern.level == level
    assert words in concern.sentence
