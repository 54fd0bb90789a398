"""What a split leaks, in numbers and in words, and which tables are not trained on."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from hilum.errors import SplitError
from hilum.splits import check_splits, find_leak, lone_slices
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
            "the choice of the best epoch is flattered.",
        ),
        (
            "abacbd",
            "2 of 4 groups are in more than one split, but no test slice is of a group in train; "
            "the choice of the best epoch is flattered, and the best epoch is chosen on patients "
            "of the test set, which flatters its figures.",
        ),
        (
            "abccde",
            "1 of 5 groups is in more than one split, but no test slice is of a group in train; "
            "the best epoch is chosen on patients of the test set, which flatters its figures.",
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


def test_no_leak_is_said_too(make_table: MakeTable) -> None:
    leak = find_leak(make_table(2, split=["train", "test"]))
    assert (leak.groups, leak.share_of_test_slices, leak.sentence) == (
        0,
        0.0,
        "No group is in more than one split.",
    )
    assert find_leak(make_table(2)).groups == 0


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
        "run `hilum split`, or give --leaky (leaky=True) to train all the same: every figure will "
        "then say so."
    )
    check_splits(table, leaky=True)


def test_groups_that_are_single_slices_are_told(make_table: MakeTable) -> None:
    alone = make_table(4, group=["a", "b", "c", "d"])
    assert lone_slices(alone) == [
        "Every group is a single slice: unless each is of a patient of its own, slices of one "
        "patient may be in train and in test, and no split can tell."
    ]
    assert lone_slices(make_table(4, group=["a", "b", "c", "c"])) == []
