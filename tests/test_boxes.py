"""Boxes and their text."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hilum.boxes import BOXES_PATTERN, NO_LESION, Box, check_inside, format_boxes, parse_boxes
from hilum.errors import TableError

edges = st.integers(0, 5000)
boxes = st.builds(
    lambda r, c, h, w: Box(r, c, r + h, c + w), edges, edges, st.integers(1, 999), st.integers(1, 9)
)


@given(st.lists(boxes, max_size=5))
def test_boxes_come_back_from_their_text(given_boxes: list[Box]) -> None:
    text = format_boxes(given_boxes)
    assert parse_boxes(text) == given_boxes
    assert re.fullmatch(BOXES_PATTERN, text)


def test_the_text_is_row_and_column_from_and_to() -> None:
    assert format_boxes([Box(1, 2, 30, 40), Box(5, 6, 7, 8)]) == "1 2 30 40;5 6 7 8"
    assert parse_boxes("1 2 30 40")[0].col_max == 40


def test_no_lesion_and_not_known_are_no_boxes() -> None:
    assert parse_boxes("") == parse_boxes(NO_LESION) == []
    assert format_boxes([]) == "none"


@pytest.mark.parametrize("text", ["1 2 3", "1 2 3 4 5", "1 2 3 x", "-1 2 3 4", "1.5 2 3 4"])
def test_what_is_no_four_whole_numbers_is_refused(text: str) -> None:
    with pytest.raises(TableError) as caught:
        parse_boxes(f"1 1 2 2;{text}")
    assert str(caught.value) == (
        f"a box is four whole numbers, row_min col_min row_max col_max, joined by ';', got {text!r}"
    )


@pytest.mark.parametrize("text", ["5 5 5 6", "5 5 6 5", "5 5 4 6"])
def test_an_empty_box_is_refused(text: str) -> None:
    with pytest.raises(TableError, match=f"^a box must end after it begins, got '{text}'$"):
        parse_boxes(text)


def test_a_box_may_touch_the_edge_but_not_cross_it() -> None:
    check_inside([Box(0, 0, 10, 20)], (10, 20))
    for box in (Box(0, 0, 11, 20), Box(0, 0, 10, 21)):
        with pytest.raises(TableError) as caught:
            check_inside([Box(0, 0, 1, 1), box], (10, 20))
        assert str(caught.value) == (
            f"box {format_boxes([box])!r} extends beyond the slice of 10 rows x 20 columns"
        )
