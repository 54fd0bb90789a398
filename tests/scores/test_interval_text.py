"""A metric with its interval as text."""

from __future__ import annotations

from hilum.scores.interval_text import interval_text

METRIC = {"value": 0.8734, "low": 0.8106, "high": 0.925, "method": "bootstrap"}


def test_value_and_interval_have_the_same_places() -> None:
    assert interval_text(METRIC) == "0.873 [0.811, 0.925]"
    assert interval_text(METRIC, 2) == "0.87 [0.81, 0.93]"


def test_an_exact_interval_is_marked() -> None:
    assert interval_text({**METRIC, "value": 1, "method": "exact"}) == "1.000 [0.811, 0.925]*"


def test_an_undefined_metric_is_named_so() -> None:
    undefined = {"value": None, "low": None, "high": None, "method": None}
    assert interval_text(undefined) == "undefined"
    assert interval_text(undefined, undefined="-") == "-"
