"""Slices of a figure: by the rule, or as requested."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hilum.errors import UsageError
from hilum.steps.figure.slices import choose_slices
from hilum.table import SliceTable


def changed(table: SliceTable, **columns: list[str]) -> SliceTable:
    return replace(table, rows=table.rows.assign(**columns))


def test_slices_are_chosen_by_their_boxes_each_of_another_group(table: SliceTable) -> None:
    count = len(table)
    sides = [str(4 + (n * 7) % 11) for n in range(count)]
    every = changed(
        table, split=["test"] * count, label=["cancer"] * count,
        boxes=[f"0 0 {side} 10" for side in sides], group=[f"g{n // 4}" for n in range(count)],
    )  # fmt: skip
    found = choose_slices(every, (), label="cancer", count=3)
    area = every.rows.assign(side=[int(side) for side in sides])
    best = area.sort_values(["side", "slice_id"], ascending=[False, True]).drop_duplicates("group")
    assert found.slice_ids == best["slice_id"].tolist()[:3]
    assert found.letters == ["a", "b", "c"]
    assert len(found.grey) == 3
    assert found.boxes[0][0][:2] == (0, 0)


def test_slices_that_are_asked_for_stand_in_that_order_with_their_stage(table: SliceTable) -> None:
    ids = table.rows["slice_id"].tolist()
    stages = changed(table, stage_t=["2a"] * len(ids), stage_n=["N0"] * len(ids))
    found = choose_slices(stages, [ids[5], ids[1], ids[5]], label="cancer", count=3)
    assert found.slice_ids == [ids[5], ids[1]]
    assert found.headings[0] == f"a  {table.rows['label'][5]}\nT2a N0"


def test_a_slice_that_is_not_there_or_no_boxed_one_is_refused(table: SliceTable) -> None:
    first = table.rows["slice_id"][0]
    with pytest.raises(UsageError) as caught:
        choose_slices(table, [f"{first}x"], label="cancer", count=1)
    assert str(caught.value).startswith(f"slices.csv has no slice '{first}x'. Did you mean '")
    with pytest.raises(UsageError) as caught:
        choose_slices(changed(table, boxes=["none"] * len(table)), (), label="cancer", count=1)
    assert str(caught.value) == (
        "slices.csv has no test slice of cancer with a box; say which slices to show (--slice ID)."
    )
