"""Metrics per series of a run's own table and of another one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from hilum.run.network import HasNetworkFile
from hilum.scores import Labelled, metrics_block
from hilum.scores.series.choice import SERIES_COLUMN, SeriesCases, join_series, series_block
from hilum.scores.series.joining import Joining, known_joining
from hilum.table import SliceTable

__all__ = ["own_series", "series_elsewhere"]

Texts = npt.NDArray[np.object_]


def own_series(
    table: SliceTable, predictions: pd.DataFrame, cases: Mapping[str, Labelled]
) -> dict[str, Any]:
    """Return the entry `series` of a run's metrics.json, see `series_block`.

    Args:
        table: the slices.
        predictions: rows of predictions.csv.
        cases: split -> its rows of the predictions, in their order.
    """
    unit, names = _named(table)
    of_slice = dict(zip(table.rows["slice_id"], names, strict=True))
    series = predictions["slice_id"].map(of_slice).to_numpy(dtype=object)
    splits = predictions["split"].to_numpy()
    of_splits = {split: SeriesCases(part, series[splits == split]) for split, part in cases.items()}
    return series_block(of_splits, unit=unit)


def series_elsewhere(run: HasNetworkFile, table: SliceTable, scored: Labelled) -> dict[str, Any]:
    """Return the metrics per series of another table, joined as the run's validation chose.

    Args:
        run: that was evaluated; without a choice of its own, slices are joined by the mean.
        table: the n slices that are scored.
        scored: their predictions, in the same order.
    """
    unit, names = _named(table)
    stored = run.description.content.get("series")
    joining = known_joining(stored.get("joining")) if isinstance(stored, dict) else None
    joined = join_series(SeriesCases(scored, names), joining or Joining())
    return {
        "unit": unit,
        "joining": (joining or Joining()).as_json(),
        "chosen": joining is not None,
        "sentence": f"Slices of a series are joined by the {(joining or Joining()).sentence()}.",
        "metrics": metrics_block(joined),
    }


def _named(table: SliceTable) -> tuple[str, Texts]:
    """Return the column that names series, and their names (n,): by UID, or by group."""
    rows = table.rows
    has_uids = SERIES_COLUMN in rows and bool((rows[SERIES_COLUMN] != "").all())
    unit = SERIES_COLUMN if has_uids else "group"
    return unit, rows[unit].to_numpy(dtype=object)
