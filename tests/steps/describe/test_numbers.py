"""Numbers of a cohort: ages in years, means and medians, implausible values."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from hilum.steps.describe.cohort import cohort_of
from hilum.steps.describe.numbers import age_in_years


@pytest.mark.parametrize(
    ("text", "years"),
    [
        ("63", 63), ("63.5", 63.5), ("58,5", 58.5), ("063Y", 63), ("63 years", 63), ("006M", 0.5),
        ("18 months", 1.5), ("073D", 73 / 365.25), ("2 weeks", 14 / 365.25), ("0", 0),
    ],
)  # fmt: skip
def test_an_age_is_read_in_years(text: str, years: float) -> None:
    assert age_in_years(text) == pytest.approx(years)


@pytest.mark.parametrize("text", ["", "unknown", "old", "12 q"])
def test_an_age_that_says_nothing_is_not_known(text: str) -> None:
    assert math.isnan(age_in_years(text))


def test_ages_have_mean_median_and_histogram(rows: pd.DataFrame) -> None:
    age = cohort_of(rows, title="t")["numbers"][0]
    assert age["cells"]["pneumonia"] == {
        "known": 3, "of": 3, "mean": 20.39, "sd": 16.65, "median": 30.0, "low": 1.17, "high": 30.0,
        "groups": 2, "group_mean": 15.58, "group_median": 15.58,
    }  # fmt: skip
    assert age["histogram"]["pneumonia"] == [1, 0, 0, 2, 0, 0, 0, 0, 0, 0]
    assert age["histogram"]["cancer"] == [0, 0, 0, 0, 0, 0, 2, 0, 0, 0]


def test_weights_are_counted_where_they_are_known(rows: pd.DataFrame) -> None:
    weight = cohort_of(rows, title="t")["numbers"][1]
    assert weight["cells"]["pneumonia"] == {"known": 0, "of": 3}
    assert weight["cells"]["cancer"]["median"] == 70.5


def test_implausible_ages_are_named_and_left_out(rows: pd.DataFrame) -> None:
    rows["age"] = ["58,5", "999", "1958", "999", "61"]
    content = cohort_of(rows, title="t")
    ages = next(number for number in content["numbers"] if number["name"] == "age")
    assert ages["cells"]["pneumonia"]["known"] == 1 and ages["cells"]["pneumonia"]["mean"] == 58.5
    assert ages["cells"]["cancer"]["known"] == 1 and ages["cells"]["cancer"]["high"] == 61
    assert ages["implausible"] == {"999": 2, "1958": 1}
    assert content["doubts"][-1] == (
        "Age, years: 3 slices have a value that is not from 0 to 120 ('999', '1958'), and are left "
        "out."
    )
