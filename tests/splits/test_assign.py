"""Who goes to train, validation and test."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hilum.errors import SplitError, UsageError
from hilum.splits import check_splits, count_splits, find_leak, split_table
from hilum.table import SPLITS, SliceTable

MakeTable = Callable[..., SliceTable]


def patients(make_table: MakeTable, sizes: list[int]) -> SliceTable:
    """A table with one group a size; groups are cancer and pneumonia in turn."""
    groups = [f"p{n}" for n, size in enumerate(sizes) for _ in range(size)]
    labels = [("cancer", "pneumonia")[n % 2] for n, size in enumerate(sizes) for _ in range(size)]
    return make_table(len(groups), group=groups, label=labels)


@settings(max_examples=40)
@given(sizes=st.lists(st.integers(1, 9), min_size=6, max_size=25), seed=st.integers(0, 5))
def test_split_never_parts_a_group(make_table: MakeTable, sizes: list[int], seed: int) -> None:
    table = split_table(patients(make_table, sizes), seed=seed)
    assert table.rows.groupby("group")["split"].nunique().max() == 1
    assert set(table.rows["split"]) == set(SPLITS)
    assert find_leak(table).groups == 0
    check_splits(table)


@pytest.mark.parametrize("fractions", [(0.7, 0.15, 0.15), (0.5, 0.25, 0.25), (0.8, 0.1, 0.1)])
def test_every_labels_share_is_close_to_what_was_asked(
    make_table: MakeTable, fractions: tuple[float, float, float]
) -> None:
    sizes = np.random.default_rng(3).integers(1, 12, 120).tolist()
    table = split_table(patients(make_table, sizes), fractions=fractions)
    counts = count_splits(table)
    for label in table.labels:
        total = sum(counts[split][label] for split in SPLITS)
        for split, fraction in zip(SPLITS, fractions, strict=True):
            assert counts[split][label] / total == pytest.approx(fraction, abs=0.01)


def test_a_group_with_both_labels_stays_whole(make_table: MakeTable) -> None:
    groups = [f"p{n // 4}" for n in range(80)]
    table = split_table(make_table(80, group=groups))
    assert table.rows.groupby("group")["split"].nunique().max() == 1
    assert count_splits(table) == {
        "train": {"cancer": 28, "pneumonia": 28},
        "validation": {"cancer": 6, "pneumonia": 6},
        "test": {"cancer": 6, "pneumonia": 6},
    }


def test_the_same_seed_gives_the_same_split_and_another_gives_another(
    make_table: MakeTable,
) -> None:
    table = patients(make_table, [3] * 40)
    one, again, other = (split_table(table, seed=seed).rows["split"] for seed in (1, 1, 2))
    assert one.tolist() == again.tolist()
    assert one.tolist() != other.tolist()


def test_a_fraction_of_0_leaves_the_split_empty(make_table: MakeTable) -> None:
    table = split_table(patients(make_table, [2] * 8), fractions=(0.5, 0.0, 0.5))
    assert set(table.rows["split"]) == {"train", "test"}


def test_what_stood_in_the_table_is_kept_but_the_split(make_table: MakeTable) -> None:
    table = make_table(12, split="test", age="60")
    again = split_table(table)
    assert again.rows.drop(columns="split").equals(table.rows.drop(columns="split"))
    assert (again.name, again.folder) == (table.name, table.folder)
    assert table.rows["split"].unique().tolist() == ["test"]


@pytest.mark.parametrize("fractions", [(0.7, 0.2, 0.2), (1.2, -0.1, -0.1)])
def test_fractions_that_are_no_shares_are_refused(
    make_table: MakeTable, fractions: tuple[float, float, float]
) -> None:
    with pytest.raises(UsageError) as caught:
        split_table(make_table(12), fractions=fractions)
    assert str(caught.value) == (
        f"fractions are the shares of train, validation and test and sum to 1; got {fractions}."
    )


def test_a_label_with_one_group_is_refused(make_table: MakeTable) -> None:
    groups = ["only" if n % 2 else f"p{n}" for n in range(20)]
    with pytest.raises(SplitError) as caught:
        split_table(make_table(20, group=groups))
    assert str(caught.value) == (
        "label 'cancer' has only 1 group, and 3 splits need one each; gather more, or leave the "
        "label out (hilum data build --label ...)."
    )


def test_a_label_with_two_slices_is_refused_by_image(make_table: MakeTable) -> None:
    labels = ["cancer", "cancer", *["pneumonia"] * 8]
    with pytest.raises(SplitError, match=r"^label 'cancer' has only 2 slices, and 3 splits need"):
        split_table(make_table(10, label=labels), by="image")


def test_groups_that_can_not_be_shared_out_are_refused(make_table: MakeTable) -> None:
    """Label a needs x, y, z apart, b needs x, y, w apart: z and w meet, and both hold c."""
    pairs = ["xa", "xb", "ya", "yb", "za", "zc", "wb", "wc", "vc"]
    table = make_table(9, group=[p[0] for p in pairs], label=[p[1] for p in pairs])
    with pytest.raises(SplitError) as caught:
        split_table(table)
    assert str(caught.value) == (
        "no split by group puts every label into every split; the groups are too few or too "
        "large: try other fractions, or gather more groups."
    )


def test_the_only_way_to_share_out_the_groups_is_found(make_table: MakeTable) -> None:
    pairs = ["xa", "xb", "ya", "yc", "za", "zd", "wb", "wc", "vb", "vd", "uc", "ud"]
    table = split_table(make_table(12, group=[p[0] for p in pairs], label=[p[1] for p in pairs]))
    check_splits(table)
    splits = dict(zip(table.rows["group"], table.rows["split"], strict=True))
    assert splits["x"] == splits["u"] != splits["y"] == splits["v"]
    assert splits["z"] == splits["w"]


def test_by_image_parts_groups_and_says_so(make_table: MakeTable) -> None:
    table = split_table(patients(make_table, [10] * 20), by="image")
    counts = count_splits(table)
    assert counts["train"] == {"cancer": 70, "pneumonia": 70}
    assert counts["test"] == {"cancer": 15, "pneumonia": 15}
    leak = find_leak(table)
    assert leak.groups == 19  # one of 20 went to train as a whole
    assert leak.share_of_test_slices == 1.0
    assert leak.sentence == (
        "19 of 20 groups are in more than one split, and 100% of the test slices come from a "
        "group that the network was trained on: metrics on this test set show how well slices of "
        "known patients are recognised, not new patients."
    )


def test_a_split_keeps_the_row_numbers(make_table: MakeTable) -> None:
    table = make_table(40)
    part = table.where(table.rows["path"].str.len() > 5)
    assert split_table(part).cell_name(0, "split") == "slices.csv, row 12, column split"


def test_many_groups_take_seconds_because_fewer_tries_are_made(
    make_table: MakeTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hilum.splits.assign.PLACEMENTS", 40_000)
    count = 60_000
    table = make_table(count, group=[f"g{n // 3}" for n in range(count)])
    began = time.perf_counter()
    split_table(table)
    assert time.perf_counter() - began < 5
