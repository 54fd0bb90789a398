"""A run that is audited: its slices and splits, its test predictions, probes on the same split."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from hilum.audit.border import probe_border
from hilum.audit.probes import auc_figure, gain_figure, probes_concern
from hilum.errors import RunError
from hilum.run import Run, probability_column
from hilum.table import SliceTable

__all__ = ["AuditedRun", "audited_run", "run_probes"]

Features = npt.NDArray[np.float32]


@dataclass(frozen=True)
class AuditedRun:
    """A run and the slices that it was trained and tested on.

    Attributes:
        name: what messages call it.
        table: the audited table's rows of the run's slices, `split` as in the run.
        positive: the class that its metrics speak of.
        score: (slices,) its probability of the positive class, NaN where it has none.
    """

    name: str
    table: SliceTable
    positive: str
    score: npt.NDArray[np.float64]


def audited_run(run: Run, table: SliceTable) -> AuditedRun:
    """Return what an audit needs of a run.

    Raises:
        RunError: it is not evaluated, or some of its slices are not in the table.
    """
    own = run.table()
    index = table.rows["slice_id"].isin(own.rows["slice_id"])
    missing = len(own) - int(index.sum())
    if missing:
        raise RunError(
            f"{missing} of the {len(own)} slices of {run.folder} are not in {table.name}; give the "
            f"table that it was trained on, such as {run.table_file}."
        )
    shared = table.where(index)
    split_of = own.rows.set_index("slice_id")["split"]
    rows = shared.rows.assign(split=shared.rows["slice_id"].map(split_of))
    positive = str(run.metrics()["positive"])
    predictions = run.predictions().set_index("slice_id")
    score = rows["slice_id"].map(predictions[probability_column(positive)])
    return AuditedRun(
        run.folder.name, replace(shared, rows=rows), positive, score.to_numpy(np.float64)
    )


def run_probes(
    run: AuditedRun, probes: dict[str, Features], rows: npt.NDArray[np.int64]
) -> dict[str, Any]:
    """Return the run's test AUC and what probes reach that were fitted on its training slices.

    Args:
        run: the run.
        probes: name -> (k, d) features of the slices `rows`.
        rows: (k,) which slices have features.
    """
    frame = run.table.rows.iloc[rows]
    split, labels = frame["split"].to_numpy(), frame["label"].to_numpy(dtype=object)
    known = ~np.isnan(run.score[rows])
    train, test = split == "train", (split == "test") & known
    truth = (labels[test] == run.positive).astype(bool)
    groups = frame["group"].to_numpy(dtype=object)[test]
    names = sorted(set(labels[train]))
    if run.positive not in names or len(set(labels[test])) < 2 or len(names) < 2:
        raise RunError(
            f"the run {run.name} lacks a class in its training or test slices; it can't be set "
            "beside probes."
        )
    scores = {
        name: probe_border(own[train], labels[train], own[test], names)[
            :, names.index(run.positive)
        ]
        for name, own in probes.items()
    }
    reached = {name: auc_figure(truth, score, groups) for name, score in scores.items()}
    strongest = max(reached, key=lambda name: reached[name]["value"] or 0.0)
    own_score = run.score[rows][test]
    return probes_concern(
        reached,
        auc_figure(truth, own_score, groups),
        gain_figure(truth, own_score, scores[strongest], groups),
        strongest=strongest,
        of="the run",
    ).as_json()
