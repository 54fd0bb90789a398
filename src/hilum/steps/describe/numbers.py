"""Numeric columns of a cohort: ages, weights and sizes, by slice and by group."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

__all__ = ["NUMBERS", "Number", "age_in_years", "count_numbers", "implausible_notes"]


@dataclass(frozen=True)
class Number:
    """A numeric column.

    Attributes:
        column: its name.
        title: its heading.
        picture: whether it describes how the picture was made.
        plausible: lowest and highest value that a patient can have; others are left out.
    """

    column: str
    title: str
    picture: bool = False
    plausible: tuple[float, float] = (-math.inf, math.inf)


NUMBERS = (
    Number("age", "Age, years", plausible=(0, 120)),
    Number("weight", "Weight, kg", plausible=(0.2, 500)),
    Number("picture_rows", "Rows, pixels", picture=True),
    Number("picture_columns", "Columns, pixels", picture=True),
)

BINS = tuple(range(0, 101, 10))
"""Edges of the ages' histogram, years."""

MOST_NAMED = 5
"""Implausible values that a sentence names."""

_AGE = re.compile(r"0*(\d+(?:[.,]\d+)?)\s*([a-z]*)", re.I)
_A_YEAR = {"": 1.0, "y": 1.0, "m": 12.0, "w": 365.25 / 7, "d": 365.25}


def age_in_years(text: str) -> float:
    """Return an age in years: `63`, `58,5`, `14 months`, DICOM's `063Y`, `006M`; NaN if unknown."""
    match = _AGE.match(text.strip())
    if not match:
        return math.nan
    per = _A_YEAR.get(match[2][:1].lower())
    return float(match[1].replace(",", ".")) / per if per else math.nan


def count_numbers(rows: pd.DataFrame, labels: Sequence[str], number: Number) -> dict[str, Any]:
    """Return mean, median, spread and range of a number; for ages also a histogram.

    Implausible values are left out and listed in `implausible` with their number of slices.
    Values are averaged over slices; `groups`, `group_mean` and `group_median` count every group
    once, with the mean of its slices, so that a patient with many slices has no more weight.
    """
    read = age_in_years if number.column == "age" else _number
    values = pd.Series([read(text) for text in rows[number.column]], index=rows.index, dtype=float)
    low, high = number.plausible
    wrong = values.notna() & ~values.between(low, high)
    implausible = rows.loc[wrong, number.column].value_counts().to_dict()
    values = values.mask(wrong)
    cells, histogram = {}, {}
    for label in labels:
        here = rows["label"] == label
        known = values[here].dropna()
        of_groups = known.groupby(rows["group"]).mean()
        cells[label] = {
            "known": len(known),
            "of": int(here.sum()),
            **(_spread(known, of_groups) if len(known) else {}),
        }
        histogram[label] = np.histogram(known.clip(upper=BINS[-1]), BINS)[0].tolist()
    content: dict[str, Any] = {
        "name": number.column, "title": number.title, "picture": number.picture, "cells": cells,
        "implausible": implausible,
    }  # fmt: skip
    return (
        {**content, "bins": list(BINS), "histogram": histogram}
        if number.column == "age"
        else content
    )


def implausible_notes(numbers: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield a sentence for each number with implausible values, which names them."""
    bounds = {number.column: number.plausible for number in NUMBERS}
    for number in numbers:
        wrong = number["implausible"]
        if wrong:
            low, high = bounds[number["name"]]
            named = ", ".join(repr(value) for value in list(wrong)[:MOST_NAMED])
            more = ", ..." if len(wrong) > MOST_NAMED else ""
            count = sum(wrong.values())
            have, are = ("slice has", "is") if count == 1 else ("slices have", "are")
            yield (
                f"{number['title']}: {count} {have} a value that is not from {low:g} to {high:g} "
                f"({named}{more}), and {are} left out."
            )


def _number(text: str) -> float:
    """Parse a finite number, with a point or a comma; NaN for anything else."""
    try:
        value = float(text.replace(",", ".") if text.count(",") == 1 else text)
    except ValueError:
        return math.nan
    return value if math.isfinite(value) else math.nan


def _spread(known: pd.Series, of_groups: pd.Series) -> dict[str, float]:
    """Return the statistics of a class, in the unit of the values."""
    statistics = {
        "mean": known.mean(), "sd": known.std(ddof=1) if len(known) > 1 else 0.0,
        "median": known.median(), "low": known.min(), "high": known.max(),
        "group_mean": of_groups.mean(), "group_median": of_groups.median(),
    }  # fmt: skip
    rounded = {name: round(float(value), 2) for name, value in statistics.items()}
    return {**rounded, "groups": len(of_groups)}
