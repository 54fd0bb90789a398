"""A run that is audited: its slices and splits, its test predictions, probes on the same split."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from hilum.audit.border import probe_border
from hilum.audit.probes import auc_figures, gain_figure, probes_concern
from hilum.errors import RunError
from hilum.run import Run, probability_column
from hilum.run.slices_hash import slices_hash
from hilum.table import SliceTable

__all__ = ["AuditedRun", "audited_run", "run_probes"]

Features = npt.NDArray[np.float32]
Flags = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Names = npt.NDArray[np.object_]

OWN = "the run's own"
"""Key of the run's scores among those of the probes."""


@dataclass(frozen=True)
class AuditedRun:
    """A run and the slices that it was trained and tested on.

    Attributes:
        name: what messages call it.
        slices_sha256: hash of its slices, by which the audit is known as one of them.
        table: the audited table's rows of the run's slices, `split` as in the run; harmonised
            where its network sees them so.
        positive: the class that its metrics speak of.
        score: (slices,) its probability of the positive class, NaN where it has none.
    """

    name: str
    slices_sha256: str
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
        name=run.folder.name,
        slices_sha256=slices_hash(run.table_file),
        table=replace(shared, rows=rows, harmonised=own.harmonised),
        positive=positive,
        score=score.to_numpy(np.float64),
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
            f"an audit with --run needs {run.positive} and another class in the run's training and "
            f"test slices, and {run.name} lacks one; audit the table without --run."
        )
    probed = {
        name: probe_border(own[train], labels[train], own[test], names)[
            :, names.index(run.positive)
        ]
        for name, own in probes.items()
    }
    scores = {OWN: run.score[rows][test], **probed}
    per_slice = _compared(truth, scores, groups)
    concern = probes_concern(
        per_slice["auc"], per_slice["headline"], per_slice["gain"],
        strongest=per_slice["strongest"], of="the run",
    )  # fmt: skip
    return {**concern.as_json(), "per_group": _compared(*_by_group(truth, scores, groups))}


def _compared(truth: Flags, scores: dict[str, Floats], groups: Names) -> dict[str, Any]:
    """Return the run's AUC, the probes', which is strongest, and the gain over that one."""
    figures = auc_figures(truth, scores, groups)
    headline = figures.pop(OWN)
    strongest = max(figures, key=lambda name: figures[name]["value"] or 0.0)
    gain = gain_figure(truth, scores[OWN], scores[strongest], groups)
    return {"headline": headline, "auc": figures, "strongest": strongest, "gain": gain}


def _by_group(
    truth: Flags, scores: dict[str, Floats], groups: Names
) -> tuple[Flags, dict[str, Floats], Names]:
    """Return one case a group: positive where any slice is, scored by the mean over its slices."""
    codes, names = pd.factorize(groups)
    counts = np.bincount(codes)
    means = {name: np.bincount(codes, weights=own) / counts for name, own in scores.items()}
    positive = np.bincount(codes, weights=truth) > 0
    return positive, means, np.asarray(names, dtype=object)
