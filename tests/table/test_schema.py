"""The schema of slice tables: each rule, with the row and column that break it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from hilum.errors import TableError
from hilum.table import (
    SliceTable,
    check_rows,
)

MakeTable = Callable[..., SliceTable]


FILLED = "must not be empty or begin or end with a space"
RELATIVE = "must be relative to the table's folder, with forward slashes"
WINDOW = "must be width/center in HU, such as 1400/-700, or empty"
BOXES = "must be 'row_min col_min row_max col_max' in pixels, joined by ';', or 'none', or empty"


@pytest.mark.parametrize(
    ("column", "value", "rule"),
    [
        ("slice_id", "", FILLED),
        ("path", "", FILLED),
        ("label", " cancer", FILLED),
        ("group", "", FILLED),
        ("source", "site ", FILLED),
        ("path", "/data/1.png", RELATIVE),
        ("path", "C:/data/1.png", RELATIVE),
        ("path", "data\\1.png", RELATIVE),
        ("mask", "/data/1.png", RELATIVE),
        ("split", "training", "must be train, validation, test or empty"),
        ("window", "1400", WINDOW),
        ("window", "lung", WINDOW),
        ("window", "-1400/700", WINDOW),
        ("window", "0/40", WINDOW),
        ("window", "0.0/40", WINDOW),
        ("boxes", "1 2 3", BOXES),
        ("boxes", "1 2 3 4;", BOXES),
        ("boxes", "None", BOXES),
    ],
)
def test_each_rule_names_row_and_column(
    make_table: MakeTable, column: str, value: str, rule: str
) -> None:
    rows = make_table(4).rows.copy()
    rows.loc[[2, 3], column] = value
    with pytest.raises(TableError) as caught:
        check_rows(rows, name="slices.csv")
    assert str(caught.value) == f"slices.csv, row 4, column {column}: {rule}; got {value!r}."


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("window", "1400/-700"), ("window", "350.5/40.25"), ("window", "0.5/0"), ("boxes", "none"),
        ("boxes", "0 0 1 1;2 2 5 9"), ("split", "validation"), ("mask", "masks/1.png"),
        ("source", "Ward 3, site B"), ("label", "small cell"),
    ],
)  # fmt: skip
def test_what_the_rules_allow_passes(make_table: MakeTable, column: str, value: str) -> None:
    assert make_table(2, **{column: value}).rows[column].tolist() == [value, value]


def test_a_path_may_lead_up_and_hold_spaces(make_table: MakeTable) -> None:
    assert make_table(1, path="../elsewhere/a b.png").rows["path"].tolist() == [
        "../elsewhere/a b.png"
    ]


def test_a_path_that_occurs_twice_is_named_with_both_rows(make_table: MakeTable) -> None:
    paths = [f"{n}.png" for n in (0, 1, 2, 3, 4, 1, 0)]
    with pytest.raises(TableError) as caught:
        make_table(7, path=paths)
    assert str(caught.value) == (
        "slices.csv, row 7, column path: must be unique; got '1.png', which stands in row 3 too."
    )


def test_frames_of_one_file_are_rows_of_one_path(make_table: MakeTable) -> None:
    assert len(make_table(3, path="scan.dcm", frame=["0", "1", "10"])) == 3
    with pytest.raises(TableError, match=r"row 4, column path: must be unique; got 'scan.dcm', wh"):
        make_table(3, path="scan.dcm", frame=["0", "1", "0"])
    with pytest.raises(TableError, match="column frame: must be the 0-based number of a frame, or"):
        make_table(1, frame="-1")


def test_a_slice_id_that_occurs_twice_is_named_with_both_rows(make_table: MakeTable) -> None:
    with pytest.raises(TableError) as caught:
        make_table(4, slice_id=["a", "b", "c", "b"])
    assert str(caught.value) == (
        "slices.csv, row 5, column slice_id: must be unique; got 'b', which stands in row 3 too."
    )


def test_a_box_that_ends_before_it_begins_is_named_with_its_row(make_table: MakeTable) -> None:
    with pytest.raises(TableError) as caught:
        make_table(3, boxes=["none", "", "1 1 5 5;9 9 8 10"])
    assert str(caught.value) == (
        "slices.csv, row 4, column boxes: a box must end after it begins, got '9 9 8 10'."
    )
