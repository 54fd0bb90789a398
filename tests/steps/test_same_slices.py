"""Comparing two slice tables: the first difference, and runs that may not be averaged."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
from conftest import MakeTable

from hilum.errors import UsageError
from hilum.steps.same_slices import TableDifference, check_same_slices, first_difference
from hilum.table import SliceTable


def rows(**columns: list[str]) -> pd.DataFrame:
    return pd.DataFrame({"slice_id": ["a", "b", "c"], **columns}).set_index("slice_id")


def test_equal_tables_differ_in_nothing_whatever_the_order_of_rows() -> None:
    first = rows(label=["x", "y", "z"])
    assert first_difference(first, first.iloc[::-1], ["label", "window"]) is None


def test_the_first_column_that_differs_is_named_with_its_number_of_slices() -> None:
    first = rows(label=["x", "y", "z"], split=["train", "test", "test"])
    second = rows(label=["x", "y", "z"], split=["test", "train", "test"])
    assert first_difference(first, second, ["label", "split"]) == TableDifference("split", 2)
    assert first_difference(first, second, ["label"]) is None
    without = first.drop(columns="split")
    assert first_difference(first, without, ["split"]) == TableDifference("split", 3)


def test_other_slices_are_counted_on_both_sides() -> None:
    first = rows(label=["x", "y", "z"])
    second = first.drop(index=["a", "b"])
    assert first_difference(first, second, ["label"]) == TableDifference(only_first=2)
    assert first_difference(second, first, ["label"]) == TableDifference(only_second=2)


def candidate(name: str, table: SliceTable, **facts: Any) -> Any:
    known = {"class_names": ["cancer", "pneumonia"], "positive": "cancer", **facts}
    return SimpleNamespace(folder=Path(name)), SimpleNamespace(**known), table


def refusal(first: Any, other: Any, **options: str) -> str:
    with pytest.raises(UsageError) as caught:
        check_same_slices(first, other, **options)
    return str(caught.value)


def test_runs_of_other_classes_are_refused_with_both(make_table: MakeTable) -> None:
    one = candidate("one", make_table(2))
    turned = candidate("two", make_table(2), class_names=["pneumonia", "cancer"])
    assert refusal(one, turned) == (
        "one and two can't be averaged: the classes of one are cancer, pneumonia, of the other "
        "pneumonia, cancer."
    )
    other = candidate("two", make_table(2), positive="pneumonia")
    assert refusal(one, other, to="compared") == (
        "one and two can't be compared: the positive class of one is cancer, of the other "
        "pneumonia."
    )


def test_runs_on_other_slices_splits_or_windows_are_refused(make_table: MakeTable) -> None:
    one = candidate("one", make_table(4, split="train"))
    check_same_slices(one, one)
    assert refusal(one, candidate("two", make_table(3, split="train"))) == (
        "one and two can't be averaged: they are of different slices (1 only in the first, 0 only "
        "in the second), so that a test slice of one may have trained the other."
    )
    assert refusal(one, candidate("two", make_table(4, split=["train"] * 3 + ["test"]))) == (
        "one and two can't be averaged: the column split differs in 1 of 4 slices, so that a test "
        "slice of one may have trained the other."
    )
    assert refusal(one, candidate("two", make_table(4, split="train", window="350/40"))) == (
        "one and two can't be averaged: the column window differs in 4 of 4 slices."
    )


def test_pictures_are_compared_where_both_files_are_there(
    make_table: MakeTable, tmp_path: Path
) -> None:
    tables = []
    for name, content in (("a", b"same"), ("b", b"same"), ("c", b"other")):
        table = make_table(2, folder=tmp_path / name)
        for path in table.paths():
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(content)
        tables.append(table)
    check_same_slices(candidate("a", tables[0]), candidate("b", tables[1]))
    tables[2].paths()[1].unlink()  # a missing file is taken for the same
    assert refusal(candidate("a", tables[0]), candidate("c", tables[2])) == (
        "a and c can't be averaged: the pictures differ in 1 of 2 slices of the same slice_id."
    )
    moved = replace(tables[0], rows=tables[0].rows.iloc[::-1].reset_index(drop=True))
    check_same_slices(candidate("a", tables[0]), candidate("moved", moved))
