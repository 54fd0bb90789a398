"""The spread of a metric over trainings."""

from __future__ import annotations

from hilum.scores import spread_of
from hilum.scores.interval_text import spread_text


def test_mean_deviation_and_range_are_of_the_defined_values() -> None:
    spread = spread_of([0.5, None, 0.75, 1.0])
    assert spread == {"n": 3, "mean": 0.75, "standard_deviation": 0.25, "low": 0.5, "high": 1.0}
    assert spread_text(spread) == "0.750, SD 0.250, 0.500 to 1.000"


def test_one_value_has_no_deviation_and_none_has_no_mean() -> None:
    one = spread_of([0.5])
    assert one["standard_deviation"] is None and one["mean"] == 0.5
    assert spread_text(one) == "0.500, 0.500 to 0.500"
    nothing = spread_of([None, None])
    assert nothing["n"] == 0 and nothing["mean"] is None
    assert spread_text(nothing) == "undefined"
