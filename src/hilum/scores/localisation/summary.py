"""Mean metrics of many maps and of their controls, with intervals over groups."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from hilum.scores.bootstrap import Estimate, bootstrap_weights, difference_of, interval_of
from hilum.scores.localisation.metrics import MEASURED
from hilum.scores.localisation.region import SIZES

__all__ = ["CONTROLS", "NETWORK", "metric_column", "subsets", "summarise"]

Floats = npt.NDArray[np.float64]

NETWORK = "network"
CONTROLS = (
    "centre_prior",
    "lesion_prior",
    "random_network",
    "edges",
    "random_boxes",
    "chance",
)
"""What the network's maps are compared with; those that the verdict names come first."""
UNKNOWN = "it has no simple expectation"
"""Why a metric has no chance level."""


class _Means(NamedTuple):
    """Means of columns (k,) and the same of each resample (resamples, k)."""

    value: Floats
    draws: Floats


def metric_column(metric: str, of: str) -> str:
    """Return the column of localisation.csv: the network's metrics have no suffix."""
    return metric if of == NETWORK else f"{metric}_{of}"


def subsets(rows: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return the rows that are summarised: all, by size, and by whether the call was right."""
    right = rows["label"] == rows["predicted"]
    by_size = {size: rows[rows["size"] == size] for size in SIZES}
    return {"all": rows, **by_size, "right": rows[right], "wrong": rows[~right]}


def summarise(rows: pd.DataFrame) -> dict[str, Any]:
    """Return the metrics of maps against regions, with intervals over groups.

    A metric is the mean over slices; `per_group` is the mean over groups of their slices' mean.
    `network_minus` is the network's less a control's on the same slices and resamples.

    Args:
        rows: of localisation.csv, of one kind of region: `group`, `label`, and for the network
            and each control that was measured the columns of `MEASURED`, see `metric_column`.

    Returns:
        `n`, `groups`, and where there are rows `per_slice` and `per_group`: each the `figures`
        of each map, and of each control `network_minus`, with the number of `groups` in which the
        two differ.
    """
    content: dict[str, Any] = {"n": len(rows), "groups": int(rows["group"].nunique())}
    if rows.empty:
        return content
    group_sizes = rows.groupby("group")["group"].transform("size").to_numpy(dtype=np.float64)
    return {
        **content,
        "per_slice": _of_unit(rows, np.ones(len(rows))),
        "per_group": _of_unit(rows, 1 / group_sizes),
    }


def _of_unit(rows: pd.DataFrame, share: Floats) -> dict[str, Any]:
    """Return metrics and differences where each row counts with its `share` (n,)."""
    measured = [of for of in (NETWORK, *CONTROLS) if metric_column(MEASURED[0], of) in rows]
    columns = [metric_column(metric, of) for of in measured for metric in MEASURED]
    means = _means(rows, columns, share)
    groups = int(rows["group"].nunique())
    index = {column: number for number, column in enumerate(columns)}
    estimates = {
        of: {
            metric: _estimate(means, index[metric_column(metric, of)], groups)
            for metric in MEASURED
        }
        for of in measured
    }
    minus = {
        of: {metric: _difference(rows, means, index, metric, of) for metric in MEASURED}
        for of in measured[1:]
    }
    return {"figures": estimates, "network_minus": minus}


def _means(rows: pd.DataFrame, columns: list[str], share: Floats) -> _Means:
    """Return the weighted means of columns, of all rows and of every resample of groups."""
    values = rows[columns].to_numpy(dtype=np.float64)
    groups, labels = (rows[name].to_numpy(dtype=object) for name in ("group", "label"))
    parts = []
    for weights in bootstrap_weights(groups, labels):
        row_weights = weights * share
        parts.append(row_weights @ values / row_weights.sum(axis=1, keepdims=True))
    return _Means(share @ values / share.sum(), np.concatenate(parts))


def _estimate(means: _Means, index: int, groups: int) -> dict[str, Any]:
    """Return one mean with its interval."""
    value, draws = float(means.value[index]), _settled(means.draws[:, index])
    return interval_of(value, draws, groups=groups, undefined=UNKNOWN).as_json()


def _difference(
    rows: pd.DataFrame, means: _Means, index: dict[str, int], metric: str, of: str
) -> dict[str, Any]:
    """Return the network's mean less a control's, and in how many groups they differ."""
    names = metric_column(metric, NETWORK), metric_column(metric, of)
    first, second = (index[name] for name in names)
    value = float(means.value[first] - means.value[second])
    draws = _settled(means.draws[:, first] - means.draws[:, second])
    groups = int(rows["group"].nunique())
    difference: Estimate = difference_of(value, draws, groups=groups, undefined=UNKNOWN)
    apart = (rows[names[0]] - rows[names[1]]).groupby(rows["group"]).sum()
    return {**difference.as_json(), "groups": int((apart.abs() > 0).sum())}


def _settled(draws: Floats) -> Floats:
    """Return draws rounded, so that equal numbers stay equal under any weights."""
    return np.round(draws, 12)
