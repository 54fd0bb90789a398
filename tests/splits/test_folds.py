"""Folds: every group is tested on once, and every fold can train, validate and test."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hilum.errors import SplitError, UsageError
from hilum.splits import check_splits, deal_folds
from hilum.table import SPLITS, SliceTable

MakeTable = Callable[..., SliceTable]


def patients(make_table: MakeTable, sizes: list[int]) -> SliceTable:
    """A table with one group a size; groups are cancer and pneumonia in turn."""
    groups = [f"p{n}" for n, size in enumerate(sizes) for _ in range(size)]
    labels = [("cancer", "pneumonia")[n % 2] for n, size in enumerate(sizes) for _ in range(size)]
    return make_table(len(groups), group=groups, label=labels)


def folds_testing(dealt: list[SliceTable]) -> list[list[int]]:
    """For each slice, the folds that test on it."""
    tests = [(part.rows["split"] == "test").to_numpy() for part in dealt]
    return [np.flatnonzero(column).tolist() for column in np.array(tests).T]


@settings(max_examples=25)
@given(
    sizes=st.lists(st.integers(1, 30), min_size=12, max_size=30),
    folds=st.integers(2, 6),
    seed=st.integers(0, 5),
)
def test_every_group_is_folds_testing_one_fold_and_never_parted(
    make_table: MakeTable, sizes: list[int], folds: int, seed: int
) -> None:
    """With six groups of each label six folds are possible, whatever the groups' sizes."""
    table = patients(make_table, sizes)
    dealt = deal_folds(table, folds, seed=seed)
    assert len(dealt) == folds
    for part in dealt:
        check_splits(part)  # every label in every part, no group in two
        assert set(part.rows["split"]) == set(SPLITS)
        assert part.rows.drop(columns="split").equals(table.rows.drop(columns="split"))
    tested = folds_testing(dealt)
    assert all(len(folds_of) == 1 for folds_of in tested)
    by_group = {group: fold for group, (fold,) in zip(table.rows["group"], tested, strict=True)}
    assert [by_group[group] for group in table.rows["group"]] == [fold for (fold,) in tested]


@settings(max_examples=15)
@given(data=st.data(), folds=st.integers(2, 4))
def test_groups_of_several_labels_are_dealt_whole_or_refused(
    make_table: MakeTable, data: st.DataObject, folds: int
) -> None:
    labels = st.lists(st.sampled_from(["cancer", "normal", "pneumonia"]), min_size=1, max_size=5)
    of_group = data.draw(st.lists(labels, min_size=8, max_size=20))
    table = make_table(
        sum(map(len, of_group)),
        group=[f"p{n}" for n, own in enumerate(of_group) for _ in own],
        label=[label for own in of_group for label in own],
    )
    try:
        dealt = deal_folds(table, folds)
    except SplitError as refused:
        assert "folds" in str(refused)
        return
    for part in dealt:
        check_splits(part)
    assert all(len(folds_of) == 1 for folds_of in folds_testing(dealt))


def test_folds_are_alike_in_size_and_in_every_labels_share(make_table: MakeTable) -> None:
    sizes = np.random.default_rng(3).integers(1, 12, 150).tolist()
    table = patients(make_table, sizes)
    class_sizes = table.rows["label"].value_counts()
    for part in deal_folds(table, 5, validation=0.2):
        for split, share in (("test", 0.2), ("validation", 0.16), ("train", 0.64)):
            counts = part.part(split).rows["label"].value_counts()
            assert (counts / class_sizes).to_dict() == pytest.approx(
                {"cancer": share, "pneumonia": share}, abs=0.015
            )


def test_the_same_seed_gives_the_same_folds_and_another_gives_others(
    make_table: MakeTable,
) -> None:
    table = patients(make_table, [3] * 40)
    one, again, other = (folds_testing(deal_folds(table, 4, seed=seed)) for seed in (1, 1, 2))
    assert one == again
    assert one != other


def test_what_stands_in_the_column_split_has_no_say(make_table: MakeTable) -> None:
    table = patients(make_table, [2] * 20)
    marked = SliceTable(table.rows.assign(split="test"), table.folder)
    for plain, dealt in zip(deal_folds(table, 3), deal_folds(marked, 3), strict=True):
        assert plain.rows.equals(dealt.rows)


def test_one_group_larger_than_all_others_does_not_stop_it(make_table: MakeTable) -> None:
    """By slices the other three cancer groups would share a fold, and leave one to train on."""
    dealt = deal_folds(patients(make_table, [100, 1, 1, 1, 1, 1, 1, 1]), 2)
    for part in dealt:
        check_splits(part)
    assert sorted(part.part("test").rows["group"].nunique() for part in dealt) == [4, 4]


@pytest.mark.parametrize(
    ("groups", "folds", "needed"), [(3, 5, 5), (1, 3, 3), (3, 2, 4), (2, 3, 3)]
)
def test_a_label_with_too_few_groups_is_refused(
    make_table: MakeTable, groups: int, folds: int, needed: int
) -> None:
    names = [f"c{n // 2 % groups}" if n % 2 else f"p{n}" for n in range(40)]
    with pytest.raises(SplitError) as caught:
        deal_folds(make_table(40, group=names), folds)
    assert str(caught.value) == (
        f"label 'cancer' has only {groups} group{'s' if groups > 1 else ''}, and {folds} folds "
        f"need {needed}, so that each can train, validate and test on it; take fewer folds, gather "
        f"more groups, or leave the label out (hilum data build --label ...)."
    )


def test_the_fewest_groups_that_do_are_enough(make_table: MakeTable) -> None:
    for folds, groups in ((2, 4), (3, 3), (5, 5)):
        for part in deal_folds(patients(make_table, [2] * (2 * groups)), folds):
            check_splits(part)


def test_groups_that_can_not_be_dealt_are_refused_with_their_numbers(
    make_table: MakeTable,
) -> None:
    """Label a needs x, y, z apart, b needs x, y, w apart: z and w meet, and both hold c."""
    pairs = ["xa", "xb", "ya", "yb", "za", "zc", "wb", "wc", "vc"]
    table = make_table(9, group=[p[0] for p in pairs], label=[p[1] for p in pairs])
    with pytest.raises(SplitError) as caught:
        deal_folds(table, 3)
    assert str(caught.value) == (
        "no assignment of the groups to 3 folds gives each of them every label in train, "
        "validation and test (groups with slices of a 3, b 3, c 3); take fewer folds, or gather "
        "more groups."
    )


def test_one_fold_is_none(make_table: MakeTable) -> None:
    with pytest.raises(UsageError) as caught:
        deal_folds(make_table(20), 1)
    assert str(caught.value) == "a cross-validation needs at least 2 folds; got 1."


@pytest.mark.parametrize("share", [0.0, 1.0, -0.1])
def test_a_validation_that_is_no_share_is_refused(make_table: MakeTable, share: float) -> None:
    with pytest.raises(UsageError) as caught:
        deal_folds(make_table(20), 3, validation=share)
    assert str(caught.value) == f"validation is a share between 0 and 1; got {share:g}."
