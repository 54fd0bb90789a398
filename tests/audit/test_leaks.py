"""Leaks: what is in two splits, under two labels, or in two groups."""

from __future__ import annotations

import numpy as np
import pytest
from conftest import MakeTable

from hilum.audit.leaks import leaks_concern, plain_name

ALONE = np.arange(6)


def test_a_table_without_leaks_passes(make_table: MakeTable) -> None:
    concern = leaks_concern(make_table(6), copies=ALONE, alike=ALONE)
    assert (concern.level, concern.sentence) == (
        "none", "No group, file, picture or patient is in two places."
    )  # fmt: skip


def test_a_group_in_two_splits_is_found(make_table: MakeTable) -> None:
    table = make_table(6, group=["a", "b", "c", "a", "d", "e"], split=["train"] * 3 + ["test"] * 3)
    concern = leaks_concern(table, copies=ALONE, alike=ALONE)
    assert concern.level == "splits"
    assert concern.sentence.startswith("1 of 5 groups is in more than one split")
    assert concern.numbers["groups_in_several_splits"] == 1


def test_equal_files_in_two_splits_and_labels_are_found(make_table: MakeTable) -> None:
    table = make_table(6, split=["train"] * 3 + ["test"] * 3)
    copies = np.array([0, 1, 2, 0, 4, 5])  # slices 0 and 3: both labels, both splits
    concern = leaks_concern(table, copies=copies, alike=copies)
    assert concern.level == "splits"
    assert concern.sentence == (
        "1 set of equal files (2 slices) is in two splits. "
        "1 set of equal files (2 slices) is under two labels. "
        "1 set of equal files (2 slices) is in two groups."
    )
    assert concern.numbers["copies"]["across"]["label"] == {"clusters": 1, "slices": 2}


def test_near_duplicates_count_beyond_the_copies_among_them(make_table: MakeTable) -> None:
    table = make_table(6, label="cancer")
    alike = np.array([0, 0, 2, 2, 4, 5])
    concern = leaks_concern(table, copies=ALONE, alike=alike)
    assert (concern.level, concern.sentence) == (
        "groups", "2 sets of nearly equal pictures (4 slices) are in two groups."
    )  # fmt: skip


def test_one_patient_under_two_names_is_found(make_table: MakeTable) -> None:
    ids = ["P-01", "p1", "", "", "7", "8"]
    concern = leaks_concern(make_table(6, patient_id=ids), copies=ALONE, alike=ALONE)
    assert (concern.level, concern.sentence) == (
        "groups", "1 value of patient_id is in several groups."
    )  # fmt: skip
    names = ["Subject_07", "subject-7", "c", "d", "e", "f"]
    concern = leaks_concern(make_table(6, group=names), copies=ALONE, alike=ALONE)
    assert concern.sentence.startswith("2 groups have names that differ in case")


@pytest.mark.parametrize(
    ("text", "plain"), [("P-007", "p7"), ("p7", "p7"), ("a 10", "a10"), ("0", "0"), ("x00", "x0")]
)
def test_names_are_compared_without_case_punctuation_and_zeros(text: str, plain: str) -> None:
    assert plain_name(text) == plain
