"""A cross-validation's out-of-fold predictions, its border probe, and what each fold reached."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from hilum.audit import border_features
from hilum.engines import mean_probabilities
from hilum.errors import RunError
from hilum.prepare import Decoded, batches
from hilum.progress import Progress
from hilum.run import Run
from hilum.scores import Labelled, over_folds
from hilum.steps.evaluate.border_probe import border_probabilities
from hilum.steps.evaluate.metrics import labelled, predictions_frame
from hilum.steps.predict.engine import open_engine
from hilum.table import SliceTable

__all__ = ["Fold", "check_folds", "folds_of", "predict_folds", "probe_folds", "with_folds"]

UNPARTED = (
    "No group is in more than one fold: the network that predicts a slice saw none of its group."
)
UNSHARED = (
    "The pooled metrics compare scores of {count} networks, which need not share a scale; the mean "
    "of the folds' own AUCs doesn't. Intervals are over groups, not over folds: they don't include "
    "what another assignment of the folds or another training would change."
)


@dataclass(frozen=True)
class Fold:
    """One fold of a cross-validation.

    Attributes:
        name: "1", "2", ...: its value in the column `fold`.
        run: the run that was trained in it.
        table: all slices with this fold's `split`, in the order of the cross-validation's table.
        tested: (slices,) bool, which of them it was tested on.
    """

    name: str
    run: Run
    table: SliceTable
    tested: npt.NDArray[np.bool_]


def folds_of(run: Run, table: SliceTable) -> list[Fold]:
    """Return the folds of a cross-validation, in their order.

    Raises:
        RunError: a fold's run is missing, unfinished, or not of these slices and folds.
    """
    if "fold" not in table.rows.columns:
        raise RunError(f"{run.table_file} has no column 'fold': it is not a complete run folder.")
    if (table.rows.groupby("group")["fold"].nunique() > 1).any():
        raise RunError(f"{run.table_file}: a group is in more than one fold; train again.")
    names = sorted(table.rows["fold"].unique(), key=lambda name: (len(name), name))
    return [_fold(run, table, name) for name in names]


def _fold(run: Run, table: SliceTable, name: str) -> Fold:
    """Return one fold, after checking that its run is of it."""
    member = Run(run.members / f"fold-{name}")
    if not member.weights_file.is_file():
        raise RunError(
            f"{run.folder} lacks the finished run {member.folder.name}; resume with "
            f"`hilum train --resume {run.folder}`."
        )
    member_table, tested = member.table(), (table.rows["fold"] == name).to_numpy(dtype=bool)
    same = member_table.rows["slice_id"].tolist() == table.rows["slice_id"].tolist()
    if not same or ((member_table.rows["split"] == "test").to_numpy() != tested).any():
        raise RunError(
            f"{member.table_file} is not about the slices and folds of {run.table_file}; the "
            f"cross-validation must be trained again."
        )
    return Fold(name, member, member_table, tested)


def predict_folds(
    folds: list[Fold],
    table: SliceTable,
    decoded: Decoded,
    names: list[str],
    engine: str,
    progress: Progress,
) -> pd.DataFrame:
    """Return the rows of predictions.csv, each slice by the network that was tested on it."""
    probabilities = np.zeros((len(table), len(names)))
    done = 0
    for fold in folds:
        networks, rows = open_engine(fold.run, engine).networks, np.flatnonzero(fold.tested)
        for chosen in batches(len(rows)):
            batch = rows[chosen]
            probabilities[batch] = mean_probabilities(
                networks, {networks[0].size: decoded.grey[batch]}
            )
            done += len(batch)
            progress.advance("predicting", done, len(table))
    frame = predictions_frame(table, probabilities, names)
    frame.insert(list(frame.columns).index("split") + 1, "fold", table.rows["fold"])
    return frame


def check_folds(run: Run, predictions: pd.DataFrame, table: SliceTable) -> None:
    """Raise RunError unless predictions that were kept are of the table's folds."""
    column = predictions["fold"].tolist() if "fold" in predictions.columns else []
    if column != table.rows["fold"].tolist():
        raise RunError(
            f"{run.predictions_file} is not about the folds of {run.table_file.name}; run "
            f"`hilum evaluate {run.folder}` without --keep-predictions."
        )


def probe_folds(
    folds: list[Fold], table: SliceTable, decoded: Decoded, names: list[str], positive: str
) -> dict[str, Labelled]:
    """Return border-only predictions of every slice, fitted on its fold's training slices."""
    probabilities = np.zeros((len(table), len(names)))
    features = border_features(decoded.grey)
    for fold in folds:
        probabilities[fold.tested] = border_probabilities(fold.table, features, names, ("test",))[
            "test"
        ]
    if all(np.ptp(probabilities[fold.tested]) == 0 for fold in folds):
        probabilities[:] = 1 / len(
            names
        )  # each found nothing to split on; their shares are no ranking
    return {"test": labelled(predictions_frame(table, probabilities, names), names, positive)}


def with_folds(
    metrics: dict[str, Any],
    folds: list[Fold],
    table: SliceTable,
    cases: Labelled,
    border: Labelled,
) -> dict[str, Any]:
    """Return metrics.json with the metrics of each fold.

    Args:
        metrics: of all out-of-fold predictions together.
        folds: the folds.
        table: the slices, with the column `fold`.
        cases, border: out-of-fold predictions of network and border, in the table's order.
    """
    fold = table.rows["fold"].to_numpy(dtype=object)
    network, probe = over_folds(cases, fold), over_folds(border, fold)["auc"]
    metrics_by_fold = {"auc": network["auc"], "accuracy": network["accuracy"], "border_auc": probe}
    leak = {**metrics["split"]["leak"], "sentence": UNPARTED}
    return {
        **metrics,
        "split": {**metrics["split"], "leak": leak},
        "folds": {
            "count": len(folds),
            "sentence": _sentence(network["auc"], len(folds)),
            "each": [_each(fold, metrics_by_fold) for fold in folds],
            "mean": {key: summary["mean"] for key, summary in metrics_by_fold.items()},
            "standard_deviation": {
                key: summary["standard_deviation"] for key, summary in metrics_by_fold.items()
            },
        },
    }


def _each(fold: Fold, metrics_by_fold: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Return what one fold was tested on and what it reached."""
    return {
        "fold": fold.name,
        "run": f"members/{fold.run.folder.name}",
        "n": int(fold.tested.sum()),
        "groups": int(fold.table.part("test").rows["group"].nunique()),
        **{key: summary["each"][fold.name] for key, summary in metrics_by_fold.items()},
    }


def _sentence(areas: dict[str, Any], count: int) -> str:
    """Say the mean of the folds' AUCs, and what it and the pooled one leave out."""
    mean, spread = areas["mean"]["value"], areas["standard_deviation"]
    mean_text = "not defined" if mean is None else f"{mean:.3f}"
    spread_text = "" if spread is None else f" (standard deviation {spread:.3f})"
    caution = UNSHARED.format(count=count)
    return f"Mean test AUC of the {count} folds: {mean_text}{spread_text}. {caution}"
