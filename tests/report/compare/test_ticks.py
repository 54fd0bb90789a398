"""Axes of a comparison: costs have a scale that can be read, a single epoch is a point."""

from __future__ import annotations

import pytest
from matplotlib.figure import Figure

from hilum.report.compare.figures import _cost_ticks
from hilum.report.compare.page import _p_value
from hilum.report.run.curves import epoch_axis


@pytest.mark.parametrize(
    ("least", "most", "ticks"),
    [
        (0.5, 2000.0, [1, 10, 100, 1000]),
        (0.9, 12.0, [1, 2, 5, 10]),
        (2.2, 3.4, [2.5, 3.0]),
        (0.011, 0.016, [0.012, 0.014, 0.016]),
    ],
)
def test_an_axis_of_costs_has_several_ticks(least: float, most: float, ticks: list[float]) -> None:
    assert _cost_ticks(least, most) == pytest.approx(ticks)


def test_a_single_epoch_stands_in_the_middle_of_its_axis() -> None:
    axes = Figure().add_subplot()
    axes.plot([1.0], [0.7], "o")
    epoch_axis(axes, [1.0])
    assert axes.get_xlim() == (0.5, 1.5)
    assert [tick.get_text() for tick in axes.get_xticklabels()] == ["1"]


def test_several_epochs_have_whole_ticks() -> None:
    axes = Figure().add_subplot()
    axes.plot([1.0, 2.0, 3.0], [0.7, 0.8, 0.9])
    epoch_axis(axes, [1.0, 2.0, 3.0])
    assert all(float(tick).is_integer() for tick in axes.get_xticks())


def test_a_tiny_p_is_not_written_as_nothing() -> None:
    assert [_p_value(p) for p in (0.00002, 0.0004, 0.03, None)] == [
        "< 0.0001",
        "0.0004",
        "0.030",
        "–",
    ]
