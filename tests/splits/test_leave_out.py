"""Folds that leave out one value of a column after the other."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hilum.errors import SplitError
from hilum.splits import LeftOutFold, leave_out_folds
from hilum.table import SliceTable, check_rows


def made(*cells: tuple[str, str, int]) -> SliceTable:
    """A table of (source, label, number of groups), two slices a group."""
    rows = [
        {
            "slice_id": f"{source}-{label}-{group}-{number}", "label": label,
            "path": f"{source}-{label}-{group}-{number}.png",
            "group": f"{source}-{label}-{group}", "source": source,
        }
        for source, label, count in cells
        for group in range(count)
        for number in range(2)
    ]  # fmt: skip
    return SliceTable(check_rows(pd.DataFrame(rows, dtype=str), name="slices.csv"), Path())


def folds_of(table: SliceTable, positive: str = "cancer", seed: int = 0) -> list[LeftOutFold]:
    values = table.rows["source"].to_numpy(dtype=object)
    return leave_out_folds(table, values, column="source", positive=positive, seed=seed)


THREE = (
    ("a", "cancer", 6), ("a", "normal", 6), ("b", "cancer", 6), ("b", "normal", 6),
    ("c", "normal", 6),
)  # fmt: skip


def test_each_source_is_tested_whole_and_never_trained_on() -> None:
    table = made(*THREE)
    folds = folds_of(table)
    assert [fold.value for fold in folds] == ["a", "b", "c"]
    for fold in folds:
        rows = fold.table.rows
        assert set(rows["source"][rows["split"] == "test"]) == {fold.value}
        assert (rows["split"][rows["source"] == fold.value] == "test").all()
        assert (rows["split"] != "").all()
        for split in ("train", "validation"):
            assert set(rows["label"][rows["split"] == split]) == {"cancer", "normal"}
        assert rows.groupby("group")["split"].nunique().max() == 1
        assert (fold.unlearnt, fold.shared, fold.sentence) == ((), 0, "")


def test_the_same_seed_gives_the_same_folds_and_another_one_others() -> None:
    table = made(*THREE)
    first, again, other = (folds_of(table, seed=seed)[0].table.rows for seed in (0, 0, 1))
    assert first.equals(again)
    assert not first.equals(other)


def test_a_class_that_one_source_alone_has_is_not_trained_on_where_it_is_left_out() -> None:
    table = made(*THREE, ("b", "benign", 4))
    fold = folds_of(table)[1]
    rows = fold.table.rows
    assert fold.unlearnt == ("benign",)
    assert set(rows["split"][rows["label"] == "benign"]) == {""}
    assert set(rows["label"][rows["split"] == "test"]) == {"cancer", "normal"}
    assert fold.sentence == (
        "b left out: its benign slices are scored in pairs only, for no other slice is of that "
        "class."
    )


def test_a_group_that_two_sources_share_is_not_trained_on_where_one_of_them_is_tested() -> None:
    table = made(*THREE)
    rows = table.rows
    patient = rows["group"].isin(["a-cancer-0", "b-cancer-0"])
    shared = SliceTable(rows.assign(group=rows["group"].mask(patient, "patient")), table.folder)
    for fold, other in zip(folds_of(shared)[:2], ("b", "a"), strict=True):
        split = fold.table.rows["split"]
        of_other = patient & (rows["source"] == other)
        assert set(split[of_other]) == {""}
        assert set(split[patient & ~of_other]) == {"test"}
        assert fold.shared == 2
        assert "2 other slices are not trained on, for their group is in it" in fold.sentence


def test_a_source_that_shares_no_class_is_trained_on_in_every_fold_and_never_left_out() -> None:
    folds = folds_of(made(*THREE, ("d", "covid", 4)))
    assert [fold.value for fold in folds] == ["a", "b", "c"]
    for fold in folds:
        rows = fold.table.rows
        assert set(rows["split"][rows["source"] == "d"]) == {"train", "validation"}


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        (
            [("a", "cancer", 9), ("b", "normal", 9)],
            r"cancer, the positive class, has slices of source a alone: .*another positive class "
            r"\(--set classes\.positive=CLASS\), or add cancer slices of another source\.$",
        ),
        ([("a", "cancer", 9), ("a", "normal", 9)], r"at least 2; got a\.$"),
        (
            [("a", "cancer", 9), ("b", "cancer", 9), ("b", "normal", 9)],
            r"without source b, cancer alone is left to train on, and a network needs cancer and "
            r"another class; add slices of what is missing from elsewhere",
        ),
        (
            [("a", "cancer", 9), ("a", "normal", 1), ("b", "cancer", 9), ("b", "normal", 9)],
            r"without source b, normal has only 1 group, and training and validation need one",
        ),
    ],
)  # fmt: skip
def test_what_can_not_be_left_out_is_refused(
    cells: list[tuple[str, str, int]], message: str
) -> None:
    with pytest.raises(SplitError, match=message):
        folds_of(made(*cells))


def test_validation_has_about_its_share_of_the_other_slices() -> None:
    table = made(("a", "cancer", 40), ("a", "normal", 40), ("b", "cancer", 40), ("b", "normal", 40))
    for fold in folds_of(table):
        split = fold.table.rows["split"]
        assert np.isclose((split == "validation").sum() / (split != "test").sum(), 0.15, atol=0.03)
