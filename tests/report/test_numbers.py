"""Numbers as text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hilum.report.numbers import (
    counted,
    decimals,
    duration,
    fixed,
    has_exact,
    interval,
    known,
    signed,
    thousands,
)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0.9914, "0.991"),
        (0.9997, "0.999"),
        (1.0, "1.000"),
        (0.0002, "0.001"),
        (0.0, "0.000"),
        (None, "–"),
        (float("nan"), "–"),
    ],
)
def test_only_one_and_zero_are_written_as_such(number: float | None, text: str) -> None:
    assert fixed(number) == text


@given(st.floats(0, 1, exclude_min=True, exclude_max=True), st.sampled_from([2, 3]))
def test_a_share_inside_never_looks_perfect_or_hopeless(number: float, places: int) -> None:
    assert 0 < float(fixed(number, places)) < 1


def test_a_wide_interval_takes_the_third_decimal_away() -> None:
    assert interval({"low": 0.8412, "high": 0.9521}) == "0.84–0.95"
    assert interval({"low": 0.9412, "high": 0.9921}) == "0.941–0.992"
    assert decimals({"low": None, "high": None}) == 3


def test_an_undefined_interval_is_empty() -> None:
    assert interval({"low": None, "high": 0.9}) == ""
    assert interval({"low": float("nan"), "high": 0.9}) == ""


def test_text_and_infinity_are_no_known_numbers() -> None:
    assert not known("0.5")
    assert not known(float("inf"))
    assert known(0)


def test_counts_have_a_narrow_space_at_thousands() -> None:
    assert thousands(2592578) == "2\u202f592\u202f578"
    assert thousands(None) == "–"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(None, "–"), (59.4, "59 s"), (231.4, "3 min 51 s"), (7260.0, "2 h 1 min")],
)
def test_time_spans_have_at_most_two_units(seconds: float | None, text: str) -> None:
    assert duration(seconds) == text


def test_an_exact_figure_is_found_however_deep() -> None:
    assert has_exact([{"a": [{"value": 1.0, "method": "exact"}]}])
    assert not has_exact([{"a": [{"value": 1.0, "method": "bootstrap"}]}, None])


def test_a_count_takes_its_plural() -> None:
    assert [counted(n, "slice") for n in (0, 1, 2)] == ["0 slices", "1 slice", "2 slices"]


def test_a_difference_shows_its_signs_and_as_many_places_as_asked() -> None:
    figure = {"value": -0.0351, "low": -0.1, "high": 0.02}
    assert signed(figure) == "−0.0351 (from −0.1000 to +0.0200)"
    assert signed(figure, 2) == "−0.04 (from −0.10 to +0.02)"
    assert signed({"value": None, "low": None, "high": None}, 2) == "–"
