"""Counts of a slice table by class: the numbers of a paper's cohort tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from hilum.audit.association import corrected_v
from hilum.steps.describe.numbers import NUMBERS, count_numbers, implausible_notes

__all__ = ["UNKNOWN", "cohort_of"]

UNKNOWN = "unknown"
MOST_VALUES = 24
"""Values shown in the table of a characteristic; rarer ones are merged into `other`."""
OTHER = "other"

LEAST = 5
"""Slices that a value needs to count by itself when its association with the class is measured
(Cochran 1954, Biometrics 10:417); rarer values are merged, as singletons carry no information."""

CLEAR = 0.5
"""Cramér's V from which a property of the pictures tells the classes apart (Cohen: large)."""


@dataclass(frozen=True)
class _Characteristic:
    """A categorical column.

    Attributes:
        column: its name.
        title: its heading.
        picture: whether it describes how the picture was made.
        prefix: added to values without it: a stage `1c` is shown as `T1c`.
    """

    column: str
    title: str
    picture: bool = False
    prefix: str = ""


CHARACTERISTICS = (
    _Characteristic("sex", "Sex"),
    _Characteristic("organism_class", "Organism, class"),
    _Characteristic("organism", "Organism, as the source names it"),
    _Characteristic("stage_t", "Stage, T", prefix="T"),
    _Characteristic("stage_n", "Stage, N", prefix="N"),
    _Characteristic("stage_m", "Stage, M", prefix="M"),
    _Characteristic("histology", "Histology"),
    _Characteristic("smoking", "Smoking"),
    _Characteristic("format", "Format of the file", picture=True),
    _Characteristic("size", "Size, rows x columns", picture=True),
    _Characteristic("window", "Window, width/center in HU", picture=True),
    _Characteristic("picture_mode", "Colour mode of the file", picture=True),
    _Characteristic("picture_bits", "Bits of a channel", picture=True),
    _Characteristic("picture_quality", "Quality of JPEG", picture=True),
    _Characteristic("picture_compression", "Compression", picture=True),
    _Characteristic("picture_turned", "Orientation in the file's header", picture=True),
    _Characteristic("picture_corners", "Corners (bright: grey inverted?)", picture=True),
    _Characteristic("picture_clipped", "Pixels at the darkest or brightest level", picture=True),
    _Characteristic("picture_lungs", "Lungs in the body (lower half: upside down?)", picture=True),
    _Characteristic("picture_larger_lung", "Larger lung lies (right: mirrored?)", picture=True),
)


def cohort_of(rows: pd.DataFrame, *, title: str) -> dict[str, Any]:
    """Return the content of cohort.json.

    Args:
        rows: a slice table's rows, all text, with the columns of `with_pictures` if the pictures
            were read.
        title: name of the described table.
    """
    labels = sorted(rows["label"].unique())
    tables = [_table(rows, labels, one) for one in CHARACTERISTICS if _is_shown(rows, one)]
    numbers = [
        count_numbers(rows, labels, number) for number in NUMBERS if _is_there(rows, number.column)
    ]
    return {
        "title": title,
        "labels": labels,
        "counts": {label: _counts(rows[rows["label"] == label]) for label in labels},
        "sources": _sources(rows, labels),
        "tables": tables,
        "numbers": numbers,
        "exclusions": list(_exclusions(rows)),
        "doubts": [*_doubts(tables, labels), *implausible_notes(numbers)],
    }


def _is_there(rows: pd.DataFrame, column: str) -> bool:
    return column in rows.columns and bool((rows[column] != "").any())


def _is_shown(rows: pd.DataFrame, one: _Characteristic) -> bool:
    """Whether a characteristic has values; one measured on pictures must differ between them."""
    if not one.column.startswith("picture_"):
        return _is_there(rows, one.column)
    return one.column in rows.columns and len(set(rows[one.column]) - {""}) > 1


def _counts(rows: pd.DataFrame) -> dict[str, int]:
    """Return the numbers of slices, groups, sources and, where known, articles and patients."""
    counts = {
        "slices": len(rows),
        "groups": rows["group"].nunique(),
        "sources": rows["source"].nunique(),
    }
    for column, name in (("article", "articles"), ("patient_id", "patients")):
        if _is_there(rows, column):
            counts[name] = int(rows.loc[rows[column] != "", column].nunique())
    return counts


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
    values = rows[one.column].where(rows[one.column] != "", UNKNOWN)
    values = _one_spelling(values.map({v: _prefixed(v, one.prefix) for v in values.unique()}))
    order = list(values[values != UNKNOWN].value_counts().index)
    counted = _rows(rows, values, [*order, UNKNOWN], labels)
    short = values.where(values.isin([*order[:MOST_VALUES], UNKNOWN]), OTHER)
    return {
        "name": one.column,
        "title": one.title,
        "picture": one.picture,
        "cramers_v": _association(values, rows["label"]),
        "rows": counted,
        "short": _rows(rows, short, [*order[:MOST_VALUES], OTHER, UNKNOWN], labels),
    }


def _rows(
    rows: pd.DataFrame, values: pd.Series, order: Sequence[str], labels: Sequence[str]
) -> list[dict[str, Any]]:
    """Return slices and groups of each value that occurs, class by class, in `order`."""
    frame = pd.DataFrame({"value": values, "label": rows["label"], "group": rows["group"]})
    found = frame.groupby(["value", "label"])["group"].agg(slices="size", groups="nunique")
    cells = {pair: {"slices": int(n), "groups": int(g)} for pair, n, g in found.itertuples()}
    there = set(values.unique())
    return [
        {
            "value": value,
            "cells": {
                label: cells.get((value, label), {"slices": 0, "groups": 0}) for label in labels
            },
        }
        for value in order
        if value in there
    ]


def _prefixed(value: str, prefix: str) -> str:
    """Return a value with `prefix`; the unknown value is unchanged."""
    there = value == UNKNOWN or value.casefold().startswith(prefix.casefold())
    return value if there else prefix + value


def _one_spelling(values: pd.Series) -> pd.Series:
    """Give values that differ in case only the most frequent spelling."""
    counts = values.value_counts()
    spelling = {value.casefold(): value for value in reversed(counts.index)}
    return values.map({value: spelling[value.casefold()] for value in counts.index})


def _association(values: pd.Series, labels: pd.Series) -> float | None:
    """Return the bias-corrected Cramér's V of values and classes; None if either is constant."""
    rare = values.map(values.value_counts()) < LEAST
    joined, known = values.mask(rare, OTHER), values != UNKNOWN
    counts = pd.crosstab(joined[known], labels[known]).to_numpy(dtype=float)
    return round(corrected_v(counts), 4) if min(counts.shape) > 1 else None


def _exclusions(rows: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """Yield each reason for exclusion with its slices."""
    if not _is_there(rows, "exclusion"):
        return
    reasons = rows["exclusion"].str.split("; ")
    for reason in sorted({one for cell in reasons for one in cell if one}):
        concerned = rows[[reason in cell for cell in reasons]]
        yield {"reason": reason, "slices": concerned["slice_id"].tolist()}


def _doubts(tables: Sequence[dict[str, Any]], labels: Sequence[str]) -> Iterator[str]:
    """Yield a sentence for each property of the pictures that tells the classes apart."""
    if len(labels) < 2:
        return
    for table in tables:
        association = table["cramers_v"]
        if table["picture"] and association is not None and association >= CLEAR:
            yield (
                f"{table['title']} and class go together (Cramér's V {association:.2f}): a network "
                "may tell the classes by how the pictures were made."
            )
