"""Leaks: what is in two splits, under two labels, or in two groups."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from conftest import MakeTable

from hilum.audit.concern import Concern
from hilum.audit.leaks import leaks_concern
from hilum.identity import find_identities
from hilum.table import SliceTable

ALONE = np.arange(6)


def judged(table: SliceTable, alike: np.ndarray = ALONE) -> Concern:
    return leaks_concern(find_identities(table), alike=alike)


def test_a_table_without_leaks_passes(make_table: MakeTable) -> None:
    concern = judged(make_table(6))
    assert (concern.level, concern.sentence) == (
        "none", "No group, file, picture or patient is in two places."
    )  # fmt: skip


def test_a_group_in_two_splits_is_found(make_table: MakeTable) -> None:
    groups = ["a", "b", "c", "a", "d", "e"]
    concern = judged(make_table(6, group=groups, split=["train"] * 3 + ["test"] * 3))
    assert concern.level == "splits"
    assert concern.sentence.startswith("1 of 5 groups is in more than one split")
    assert concern.numbers["groups_in_several_splits"] == 1


def test_equal_files_in_two_splits_and_labels_are_found(
    make_table: MakeTable, tmp_path: Path
) -> None:
    table = make_table(6, folder=tmp_path, split=["train"] * 3 + ["test"] * 3)
    for number in range(6):
        (tmp_path / f"{number}.png").write_bytes(b"same" if number in (0, 3) else bytes([number]))
    concern = judged(table, np.array([0, 1, 2, 0, 4, 5]))  # slices 0 and 3: both labels and splits
    assert concern.level == "splits"
    assert concern.sentence.startswith("1 of 5 groups is in more than one split, and 33% of")
    assert concern.sentence.endswith(
        "Byte-equal files in two splits: 1. Byte-equal files under two labels: 1. "
        "Byte-equal files in two groups: 1."
    )


def test_near_duplicates_count_beyond_the_copies_among_them(make_table: MakeTable) -> None:
    concern = judged(make_table(6, label="cancer"), np.array([0, 0, 2, 2, 4, 5]))
    assert (concern.level, concern.sentence) == (
        "groups", "2 sets of nearly equal pictures (4 slices) are in two groups."
    )  # fmt: skip
    assert concern.numbers["near_duplicates"]["across"]["source"] == {"clusters": 0, "slices": 0}


def test_one_patient_under_two_names_is_found(make_table: MakeTable) -> None:
    concern = judged(make_table(6, patient_id=["p1", "p1", "", "", "7", "8"]))
    assert (concern.level, concern.sentence) == (
        "groups", "Equal patient_id in two groups: 1."
    )  # fmt: skip
    names = ["Subject 07", "subject07", "c", "d", "e", "f"]
    concern = judged(make_table(6, group=names))
    assert concern.sentence == (
        "Group names that differ in case or white space only in two groups: 1."
    )


def test_pictures_that_two_sources_share_are_named_and_are_no_leak_in_one_group(
    make_table: MakeTable,
) -> None:
    sources, alike = ["a", "b", "a", "b", "a", "b"], np.array([0, 0, 2, 3, 4, 5])
    together = make_table(6, label="cancer", group=["g", "g", "c", "d", "e", "f"], source=sources)
    concern = judged(together, alike)
    assert (concern.level, concern.sentence) == (
        "sources", "1 set of nearly equal pictures (2 slices) is in two sources."
    )  # fmt: skip
    apart = make_table(6, label="cancer", source=sources)
    concern = judged(apart, alike)
    assert concern.level == "groups"
    assert concern.sentence.endswith("(2 slices) is in two sources.")
