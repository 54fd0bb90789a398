"""Windows: their words and what they make of Hounsfield units."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hilum.errors import UsageError
from hilum.readers import LUNG, MEDIASTINAL, Window, apply_window, cell_window, parse_window

WINDOWS = st.builds(
    Window,
    st.floats(1, 5000, allow_nan=False),
    st.floats(-2000, 4000, allow_nan=False),
)


@pytest.mark.parametrize(
    ("text", "window"),
    [("lung", LUNG), ("mediastinal", MEDIASTINAL), ("1500/-600", Window(1500, -600))],
)
def test_a_window_is_a_name_or_width_and_center(text: str, window: Window) -> None:
    assert parse_window(text) == window


@pytest.mark.parametrize("text", ["bone", "0/40", "-5/40", "350", "a/b", "nan/0", "1/inf", "1/2/3"])
def test_a_wrong_window_is_refused_with_what_to_write(text: str) -> None:
    with pytest.raises(UsageError, match="a window must be lung, mediastinal, or width/center in"):
        parse_window(text)


@given(st.integers(1, 5000), st.integers(-2000, 4000))
def test_a_window_reads_back_as_written(width: int, center: int) -> None:
    assert parse_window(str(Window(width, center))) == Window(width, center)


@given(WINDOWS, st.lists(st.floats(-4000, 8000, width=32), min_size=2, max_size=40))
def test_more_hounsfield_units_are_never_darker(window: Window, hu: list[float]) -> None:
    grey = apply_window(np.sort(np.array(hu, np.float32)), window)
    assert grey.dtype == np.uint8
    assert (np.diff(grey.astype(int)) >= 0).all()


@given(WINDOWS)
def test_outside_the_window_is_black_and_white(window: Window) -> None:
    ends = np.array([window.center - window.width, window.center + window.width], np.float64)
    assert apply_window(ends, window).tolist() == [0, 255]


def test_the_lung_window_has_exact_values() -> None:
    hu = np.array([-3000, -1400, -1000, -700, -300, 0, 400], np.float32)
    assert apply_window(hu, LUNG).tolist() == [0, 0, 73, 128, 200, 255, 255]


def test_an_empty_cell_of_a_table_means_the_lung_window() -> None:
    assert cell_window("") == LUNG
    assert cell_window("350/40") == MEDIASTINAL
