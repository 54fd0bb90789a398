"""Who and what a slice table holds, class by class: the numbers of a paper's cohort tables."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from hilum.audit.association import cramers_v

__all__ = ["UNKNOWN", "age_in_years", "cohort_of"]

UNKNOWN = "unknown"
MOST_VALUES = 24
"""Values that a table of a characteristic shows; rarer ones are joined as `other`."""
OTHER = "other"

CLEAR = 0.5
"""Cramér's V from which a picture's property tells the classes apart (Cohen: large)."""

BINS = tuple(range(0, 101, 10))
"""Edges of the ages' histogram, years."""


@dataclass(frozen=True)
class _Characteristic:
    """A column to count: its name, its heading, and whether it belongs to the picture's making."""

    column: str
    title: str
    picture: bool = False


CHARACTERISTICS = (
    _Characteristic("sex", "Sex"),
    _Characteristic("organism_class", "Organism, class"),
    _Characteristic("organism", "Organism, as the source names it"),
    _Characteristic("stage_t", "Stage, T"),
    _Characteristic("stage_n", "Stage, N"),
    _Characteristic("stage_m", "Stage, M"),
    _Characteristic("histology", "Histology"),
    _Characteristic("smoking", "Smoking"),
    _Characteristic("format", "Format of the file", picture=True),
    _Characteristic("size", "Size, rows x columns", picture=True),
    _Characteristic("window", "Window, width/center in HU", picture=True),
)
NUMBERS = (("age", "Age, years"), ("weight", "Weight, kg"))

_AGE = re.compile(r"0*(\d+(?:\.\d+)?)\s*([a-z]*)", re.I)
_A_YEAR = {"": 1.0, "y": 1.0, "m": 12.0, "w": 365.25 / 7, "d": 365.25}


def age_in_years(text: str) -> float:
    """Return an age in years: `63`, `14 months`, DICOM's `063Y` and `006M`; NaN where unknown."""
    match = _AGE.match(text.strip())
    if not match:
        return math.nan
    per = _A_YEAR.get(match[2][:1].lower())
    return float(match[1]) / per if per else math.nan


def cohort_of(rows: pd.DataFrame, *, title: str) -> dict[str, Any]:
    """Return the content of cohort.json.

    Args:
        rows: a slice table's rows, all text, with the columns `format` and `size` where the
            pictures were looked at.
        title: what was described.
    """
    labels = sorted(rows["label"].unique())
    tables = [_table(rows, labels, one) for one in CHARACTERISTICS if _is_there(rows, one.column)]
    return {
        "title": title,
        "labels": labels,
        "counts": {label: _counts(rows[rows["label"] == label]) for label in labels},
        "sources": _sources(rows, labels),
        "tables": tables,
        "numbers": [
            _numbers(rows, labels, name, heading)
            for name, heading in NUMBERS
            if _is_there(rows, name)
        ],
        "exclusions": list(_exclusions(rows)),
        "doubts": list(_doubts(tables, labels)),
    }


def _is_there(rows: pd.DataFrame, column: str) -> bool:
    return column in rows.columns and bool((rows[column] != "").any())


def _counts(rows: pd.DataFrame) -> dict[str, int]:
    """Return slices, groups, sources and, where they are told, articles and patients."""
    told = {
        "slices": len(rows),
        "groups": rows["group"].nunique(),
        "sources": rows["source"].nunique(),
    }
    for column, name in (("article", "articles"), ("patient_id", "patients")):
        if _is_there(rows, column):
            told[name] = int(rows.loc[rows[column] != "", column].nunique())
    return told


def _sources(rows: pd.DataFrame, labels: Sequence[str]) -> list[dict[str, Any]]:
    """Return slices and groups of each source, class by class."""
    return [
        {"value": source, "cells": {label: _cell(part, label) for label in labels}}
        for source, part in rows.groupby("source", sort=True)
    ]


def _cell(rows: pd.DataFrame, label: str) -> dict[str, int]:
    of_label = rows[rows["label"] == label]
    return {"slices": len(of_label), "groups": int(of_label["group"].nunique())}


def _table(rows: pd.DataFrame, labels: Sequence[str], one: _Characteristic) -> dict[str, Any]:
    """Count the values of one characteristic, the most frequent first, unknown ones last."""
    values = _one_spelling(rows[one.column].where(rows[one.column] != "", UNKNOWN))
    order = values[values != UNKNOWN].value_counts()
    shown = list(order.index[:MOST_VALUES])
    values = values.where(values.isin([*shown, UNKNOWN]), OTHER)
    shown += [value for value in (OTHER, UNKNOWN) if (values == value).any()]
    parts = {value: rows[values == value] for value in shown}
    cells = {
        value: {label: _cell(part, label) for label in labels} for value, part in parts.items()
    }
    known = [[one[label]["slices"] for label in labels] for v, one in cells.items() if v != UNKNOWN]
    return {
        "name": one.column,
        "title": one.title,
        "picture": one.picture,
        "cramers_v": _association(np.array(known, dtype=float)),
        "rows": [{"value": value, "cells": cells[value]} for value in shown],
    }


def _one_spelling(values: pd.Series) -> pd.Series:
    """Write values that differ in case only as the most frequent of them is written."""
    counts = values.value_counts()
    spelling = {value.casefold(): value for value in reversed(counts.index)}
    return values.map({value: spelling[value.casefold()] for value in counts.index})


def _association(counts: npt.NDArray[np.float64]) -> float | None:
    """Return Cramér's V of values and classes; None where either has one only."""
    counts = counts[counts.sum(axis=1) > 0][:, counts.sum(axis=0) > 0]
    return round(cramers_v(counts), 4) if min(counts.shape) > 1 else None


def _numbers(rows: pd.DataFrame, labels: Sequence[str], name: str, title: str) -> dict[str, Any]:
    """Return mean, median, spread and range of a number; an age in years, with a histogram."""
    read = age_in_years if name == "age" else _number
    values = pd.Series([read(text) for text in rows[name]], index=rows.index, dtype=float)
    cells, histogram = {}, {}
    for label in labels:
        of_label = values[rows["label"] == label]
        known = of_label.dropna()
        cells[label] = {
            "known": len(known),
            "of": len(of_label),
            **(_spread(known) if len(known) else {}),
        }
        histogram[label] = np.histogram(known.clip(upper=BINS[-1]), BINS)[0].tolist()
    told: dict[str, Any] = {"name": name, "title": title, "cells": cells}
    return {**told, "bins": list(BINS), "histogram": histogram} if name == "age" else told


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def _spread(known: pd.Series) -> dict[str, float]:
    """Return the figures of a class, in the unit of the values."""
    figures = {
        "mean": known.mean(), "sd": known.std(ddof=1) if len(known) > 1 else 0.0,
        "median": known.median(), "low": known.min(), "high": known.max(),
    }  # fmt: skip
    return {name: round(float(value), 2) for name, value in figures.items()}


def _exclusions(rows: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """Yield each reason for leaving slices out, with the slices that it concerns."""
    if not _is_there(rows, "exclusion"):
        return
    reasons = rows["exclusion"].str.split("; ")
    for reason in sorted({one for cell in reasons for one in cell if one}):
        concerned = rows[[reason in cell for cell in reasons]]
        yield {"reason": reason, "slices": concerned["slice_id"].tolist()}


def _doubts(tables: Sequence[dict[str, Any]], labels: Sequence[str]) -> Iterator[str]:
    """Say which property of the pictures tells the classes apart."""
    if len(labels) < 2:
        return
    for table in tables:
        association = table["cramers_v"]
        if table["picture"] and association is not None and association >= CLEAR:
            yield (
                f"{table['title']} and class go together (Cramér's V {association:.2f}): a network "
                "may tell the classes by how the pictures were made."
            )
