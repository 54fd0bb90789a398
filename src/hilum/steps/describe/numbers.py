"""Numeric columns of a cohort: ages, weights and sizes, by slice and by group."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

__all__ = ["NUMBERS", "Number", "age_in_years", "count_numbers"]


@dataclass(frozen=True)
class Number:
    """A numeric column: name, heading, and whether it describes how the picture was made."""

    column: str
    title: str
    picture: bool = False


NUMBERS = (
    Number("age", "Age, years"),
    Number("weight", "Weight, kg"),
    Number("picture_rows", "Rows, pixels", picture=True),
    Number("picture_columns", "Columns, pixels", picture=True),
)

BINS = tuple(range(0, 101, 10))
"""Edges of the ages' histogram, years."""

_AGE = re.compile(r"0*(\d+(?:\.\d+)?)\s*([a-z]*)", re.I)
_A_YEAR = {"": 1.0, "y": 1.0, "m": 12.0, "w": 365.25 / 7, "d": 365.25}


def age_in_years(text: str) -> float:
    """Return an age in years: `63`, `14 months`, DICOM's `063Y` and `006M`; NaN where unknown."""
    match = _AGE.match(text.strip())
    if not match:
        return math.nan
    per = _A_YEAR.get(match[2][:1].lower())
    return float(match[1]) / per if per else math.nan


def count_numbers(rows: pd.DataFrame, labels: Sequence[str], number: Number) -> dict[str, Any]:
    """Return mean, median, spread and range of a number; for ages also a histogram.

    Values are averaged over slices; `groups`, `group_mean` and `group_median` count every group
    once, with the mean of its slices, so that a patient with many slices has no more weight.
    """
    read = age_in_years if number.column == "age" else _number
    values = pd.Series([read(text) for text in rows[number.column]], index=rows.index, dtype=float)
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
    }  # fmt: skip
    return (
        {**content, "bins": list(BINS), "histogram": histogram}
        if number.column == "age"
        else content
    )


def _number(text: str) -> float:
    """Parse a finite number; NaN for anything else."""
    try:
        value = float(text)
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
