"""The Grad-CAM pictures of a run, in rows of sure, unsure and wrong slices."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pandas as pd

from hilum.errors import RunError
from hilum.report.numbers import fixed
from hilum.report.page import read_picture

__all__ = ["KINDS", "MapCard", "map_cards"]

KINDS = {
    "sure": "Confident and right",
    "unsure": "Least confident",
    "wrong": "Wrong",
}
"""The rows of pictures, in the order of the page, and their headings."""

_COLUMNS = ("slice_id", "kind", "label", "predicted", "target", "probability", "picture", "state")

_STATES = {
    "ok": "",
    "zero map": "The map is zero everywhere: no location raised this score.",
    "not finite": "The map is not finite: it can't be shown.",
}


class MapCard(NamedTuple):
    """One picture and what is known about it; `data` is a data URI, empty where `note` says why."""

    slice_id: str
    label: str
    predicted: str
    target: str
    probability: str
    data: str
    note: str


def map_cards(shown: pd.DataFrame, folder: Path) -> dict[str, list[MapCard]]:
    """Return the cards of each kind, in the order of the table.

    Args:
        shown: maps/shown.csv, every cell text.
        folder: the run folder, which `picture` is relative to and may not leave.

    Raises:
        RunError: a column is missing, or a kind is none of KINDS.
    """
    for column in _COLUMNS:
        if column not in shown.columns:
            raise RunError(
                f"{folder / 'maps' / 'shown.csv'} lacks the column {column!r}; "
                f"run: hilum explain {folder}"
            )
    cards: dict[str, list[MapCard]] = {kind: [] for kind in KINDS}
    for row in shown.to_dict("records"):
        if row["kind"] not in cards:
            raise RunError(
                f"{folder / 'maps' / 'shown.csv'}: kind must be one of {', '.join(KINDS)}; "
                f"got {row['kind']!r}; run: hilum explain {folder}"
            )
        cards[row["kind"]].append(_card({str(key): str(cell) for key, cell in row.items()}, folder))
    return cards


def _card(row: dict[str, str], folder: Path) -> MapCard:
    data, problem = read_picture(row["picture"], folder)
    state = _STATES.get(row["state"], f"State of the map: {row['state']}.")
    return MapCard(
        slice_id=row["slice_id"],
        label=row["label"],
        predicted=row["predicted"],
        target=row["target"],
        probability=_probability(row["probability"]),
        data=data,
        note=" ".join(part for part in (state, problem) if part),
    )


def _probability(text: str) -> str:
    try:
        return fixed(float(text), 2)
    except ValueError:
        return text
