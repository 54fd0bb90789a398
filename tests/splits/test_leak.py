"""What a split leaks, in numbers and in words, and which tables are not trained on."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from hilum.errors import SplitError, TableError
from hilum.splits import SplitRules, check_splits, find_leak, merge_identities, unknown_patients
from hilum.table import SPLITS, SliceTable

MakeTable = Callable[..., SliceTable]


def test_a_leak_counts_groups_and_test_slices(make_table: MakeTable) -> None:
    table = make_table(
        8,
        group=["a", "a", "b", "b", "c", "c", "d", "d"],
        split=["train", "test", "validation", "test", "test", "test", "train", ""],
    )
    leak = find_leak(table)
    assert (leak.groups, leak.share_of_test_slices) == (2, 0.25)
    assert leak.sentence.startswith("2 of 4 groups are in more than one split, and 25% of the ")


@pytest.mark.parametrize(
    ("group", "sentence"),
    [
        (
            "aabcdd",
            "1 of 4 groups is in more than one split, but no test slice is of a group in train; "
            "the choice of the best epoch is optimistic.",
        ),
        (
            "abacbd",
            "2 of 4 groups are in more than one split, but no test slice is of a group in train; "
            "the choice of the best epoch is optimistic, and the best epoch is chosen on "
            "patients of the test set, which makes its metrics optimistic.",
        ),
        (
            "abccde",
            "1 of 5 groups is in more than one split, but no test slice is of a group in train; "
            "the best epoch is chosen on patients of the test set, which makes its metrics "
            "optimistic.",
        ),
    ],
)
def test_a_leak_that_spares_the_training_of_the_test_says_what_it_means(
    make_table: MakeTable, group: str, sentence: str
) -> None:
    splits = {
        "aabcdd": ["train", "validation", "validation", "test", "test", "test"],
        "abacbd": ["train", "validation", "validation", "test", "test", "test"],
        "abccde": ["train", "train", "validation", "test", "test", "test"],
    }[group]
    leak = find_leak(make_table(6, group=list(group), split=splits))
    assert (leak.share_of_test_slices, leak.sentence) == (0.0, sentence)


def test_no_leak_is_reported_too(make_table: MakeTable) -> None:
    known = make_table(4, group=["a", "a", "b", "c"], split=["train", "train", "test", ""])
    leak = find_leak(known)
    assert (leak.groups, leak.share_of_test_slices, leak.sentence) == (
        0,
        0.0,
        "No group is in more than one split.",
    )
    assert find_leak(make_table(2)).groups == 0


def test_groups_that_are_less_than_patients_are_not_taken_for_them(make_table: MakeTable) -> None:
    """As in flat folders, and where near-duplicates alone make the groups."""
    splits = ["train", "train", "test", "test"]
    clusters = make_table(4, group=["slice-0", "slice-0", "slice-2", "patient"], split=splits)
    expected = "No group is in more than one split, but one patient may be in several groups."
    assert find_leak(clusters).sentence == expected
    assert unknown_patients(clusters) == [
        "For 3 of 4 slices the patient is unknown, and the group is a single slice or a cluster of "
        "near-duplicates: slices of one patient may be in train and in test, so that metrics come "
        "out too good and their intervals too narrow."
    ]
    single = make_table(4, group=["a", "b", "c", "d"], split=splits)
    assert find_leak(single).sentence == expected
    assert unknown_patients(single) == [
        "Every group is a single slice: unless each shows a different patient, slices of one "
        "patient may be in train and in test, so that metrics come out too good and their "
        "intervals too narrow."
    ]
    assert unknown_patients(make_table(4, group=["a", "b", "c", "c"])) == []


def test_a_patient_under_two_names_in_two_splits_is_a_leak_and_not_trained_on(
    make_table: MakeTable,
) -> None:
    splits = ["train", "train", "train", "validation", "validation", "test", "test"]
    ids = ["A", "B", "C", "D", "E", "F", "A"]
    table = make_table(7, split=splits, patient_id=ids)
    leak = find_leak(table)
    assert (leak.groups, leak.share_of_test_slices) == (1, 0.5)
    with pytest.raises(SplitError) as caught:
        check_splits(table)
    assert str(caught.value) == (
        "slices.csv: equal patient_id in different splits (rows 2 and 8); run `hilum split`, "
        "which merges their groups, or give --leaky (leaky=True) to train nevertheless: every "
        "metric will then say so."
    )
    check_splits(table, SplitRules(leaky=True))
    merged, notes = merge_identities(table)
    assert merged.rows["group"].tolist() == [*[f"group-{n}" for n in range(6)], "group-0"]
    assert notes == [
        "slices.csv: equal patient_id in 2 groups (rows 2 and 8); merged into 1 group."
    ]


def test_one_slice_with_two_labels_is_not_trained_on(make_table: MakeTable) -> None:
    splits = [split for split in SPLITS for _ in range(2)]
    table = make_table(6, split=splits, sop_instance_uid=["1.2", "1.2", "", "", "", ""])
    with pytest.raises(TableError, match=r"equal sop_instance_uid .* \(rows 2 and 3; the first"):
        check_splits(table)
    with pytest.raises(TableError, match="1 slice has several labels"):
        merge_identities(table)
    check_splits(table, SplitRules(leaky=True))


def test_a_label_that_a_split_lacks_is_refused(make_table: MakeTable) -> None:
    table = make_table(6, split=["train", "train", "validation", "validation", "test", ""])
    with pytest.raises(SplitError) as caught:
        check_splits(table)
    assert str(caught.value) == (
        "slices.csv: label 'cancer' has no slice in the split 'test'; run `hilum split` (by group, "
        "stratified by label)."
    )


def test_a_parted_group_is_refused_unless_asked_for_and_never_named(
    make_table: MakeTable,
) -> None:
    splits = [split for split in SPLITS for _ in range(2)]
    table = make_table(6, split=splits, group=["secret", "b", "secret", "c", "d", "e"])
    with pytest.raises(SplitError) as caught:
        check_splits(table)
    assert str(caught.value) == (
        "slices.csv: 1 group is in more than one split (the first one in train and validation); "
        "run `hilum split`, or give --leaky (leaky=True) to train nevertheless: every metric "
        "will then say so."
    )
    check_splits(table, SplitRules(leaky=True))
