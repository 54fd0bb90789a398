"""Attributes ranked by how far they tell the label and how far features show them."""

from __future__ import annotations

import numpy as np
import pytest
from conftest import MakeTable

from hilum.audit.attributes import Attribute
from hilum.steps.audit.ranking import FeatureSample, rank_attributes
from hilum.table import SliceTable

SLICES = 80


@pytest.fixture
def table(make_table: MakeTable) -> SliceTable:
    """Forty groups of two slices; groups take turns in their label."""
    groups = [number // 2 for number in range(SLICES)]
    return make_table(
        SLICES, group=[f"group-{number}" for number in groups],
        label=["cancer" if number % 2 else "pneumonia" for number in groups],
    )  # fmt: skip


def attributes(table: SliceTable) -> list[Attribute]:
    """The label itself, one of a group's own chance, one that never varies, and one half known."""
    label = table.rows["label"].to_numpy(dtype=object)
    chance = np.repeat(np.random.default_rng(0).permutation(["A", "B"] * (SLICES // 4)), 2)
    width = np.where(label == "cancer", 512.0, 500.0)
    width[::2] = np.nan
    return [
        Attribute("chance", "column", chance.astype(object)),
        Attribute("scanner", "column", np.where(label == "cancer", "A", "B").astype(object)),
        Attribute("constant", "column", np.full(SLICES, "one", dtype=object)),
        Attribute("width", "size", width),
    ]


def test_what_tells_the_label_comes_first(table: SliceTable) -> None:
    ranked = rank_attributes(table, attributes(table))
    names = [row["name"] for row in ranked]
    assert set(names[:2]) == {"scanner", "width"} and names[-1] != "scanner"
    rows = {row["name"]: row for row in ranked}
    assert (rows["scanner"]["utility"], rows["scanner"]["tells"]) == (pytest.approx(1, abs=0.02), 1)
    assert rows["scanner"]["p_holm"] < 0.05 <= rows["chance"]["p_holm"]
    assert (rows["chance"]["tells"], rows["chance"]["detectability"]) == (False, None)
    assert (rows["width"]["slices"], rows["scanner"]["slices"]) == (SLICES // 2, SLICES)


def test_classes_are_described_by_medians_and_frequent_values(table: SliceTable) -> None:
    rows = {row["name"]: row["by_class"] for row in rank_attributes(table, attributes(table))}
    assert rows["scanner"] == {"cancer": "A 100%", "pneumonia": "B 100%"}
    assert rows["width"] == {"cancer": "512", "pneumonia": "500"}


def test_detectability_is_what_features_show_beyond_chance(table: SliceTable) -> None:
    given = attributes(table)
    scanner = (given[1].values == "A").astype(np.float32)
    features = np.stack([scanner, np.ones(SLICES, dtype=np.float32)], axis=1)
    folds = np.arange(SLICES) // 2 % 5
    sample = FeatureSample(features, np.arange(SLICES), folds)
    rows = {row["name"]: row for row in rank_attributes(table, given, sample)}
    assert rows["scanner"]["detectability"] == pytest.approx(1)
    assert rows["scanner"]["detectability_within_classes"] is None  # it never varies in a class
    assert rows["chance"]["detectability"] < 0.2
    assert rows["chance"]["detectability_within_classes"] < 0.2
