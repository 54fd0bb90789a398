"""A cross-validation's folds, its out-of-fold predictions and its border probe."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from hilum.audit import border_features
from hilum.engines import mean_probabilities
from hilum.errors import RunError
from hilum.prepare import Decoded, batches
from hilum.progress import Progress
from hilum.run import Run
from hilum.scores import Labelled
from hilum.steps.evaluate.border_probe import border_probabilities
from hilum.steps.evaluate.metrics import labelled, predictions_frame
from hilum.steps.predict.engine import open_engine
from hilum.table import SliceTable

__all__ = ["Fold", "check_folds", "folds_of", "predict_folds", "probe_folds"]


@dataclass(frozen=True)
class Fold:
    """One fold of a cross-validation.

    Attributes:
        name: "1", "2", ...: its value in the column `fold`.
        run: the run that was trained in it.
        table: all slices with this fold's `split`, in the order of the cross-validation's table;
            empty where a slice was left out of its training.
        tested: (slices,) bool, which of them are its own: tested, or of a class that it could not
            learn.
        column, left_out: the column and its value that the fold left out, or "".
    """

    name: str
    run: Run
    table: SliceTable
    tested: npt.NDArray[np.bool_]
    column: str = ""
    left_out: str = ""

    @property
    def learnt(self) -> list[str]:
        """The classes that its network tells apart, in the order of its outputs."""
        return list(self.run.description.class_names)


def folds_of(run: Run, table: SliceTable) -> list[Fold]:
    """Return the folds of a cross-validation, in their order.

    Raises:
        RunError: a fold's run is missing, unfinished, or not of these slices and folds.
    """
    if "fold" not in table.rows.columns:
        raise RunError(f"{run.table_file} has no column 'fold': it is not a complete run folder.")
    left_out = run.network().get("left_out") or {"column": "", "values": []}
    column, values = str(left_out["column"]), left_out["values"]
    if not column and (table.rows.groupby("group")["fold"].nunique() > 1).any():
        raise RunError(f"{run.table_file}: a group is in more than one fold; train again.")
    names = sorted(set(table.rows["fold"]) - {""}, key=lambda name: (len(name), name))
    if column and len(values) != len(names):
        raise RunError(f"{run.network_file} does not say what each fold left out; train again.")
    return [
        _fold(run, table, name, column, str(values[index]) if column else "")
        for index, name in enumerate(names)
    ]


def _fold(run: Run, table: SliceTable, name: str, column: str, left_out: str) -> Fold:
    """Return one fold, after checking that its run is of it."""
    member = Run(run.members / f"fold-{name}")
    if not member.weights_file.is_file():
        raise RunError(
            f"{run.folder} lacks the finished run {member.folder.name}; resume with "
            f"`hilum train --resume {run.folder}`."
        )
    rows, own = member.table().rows, (table.rows["fold"] == name).to_numpy(dtype=bool)
    used = table.rows["slice_id"].isin(set(rows["slice_id"]))
    split = pd.Series("", index=table.rows.index)
    same = table.rows["slice_id"][used].tolist() == rows["slice_id"].tolist()
    if same:
        split[used] = rows["split"].to_numpy()
    tested = pd.Series(own, index=table.rows.index) & (table.rows["split"] == "test")
    if not same or not tested.equals(split == "test") or not (column or used.all()):
        raise RunError(
            f"{member.table_file} is not about the slices and folds of {run.table_file}; the "
            f"cross-validation must be trained again."
        )
    groups = table.rows["group"]
    seen = set(groups[split.isin(["train", "validation"])]) & set(groups[own])
    if seen:
        raise RunError(
            f"{member.table_file}: {len(seen)} groups of the slices that it tests were trained on; "
            f"the cross-validation must be trained again."
        )
    parted = replace(table, rows=table.rows.assign(split=split.mask(own, "test")))
    return Fold(name, member, parted, own, column, left_out)


def predict_folds(
    folds: list[Fold],
    table: SliceTable,
    decoded: Decoded,
    names: list[str],
    engine: str,
    progress: Progress,
) -> pd.DataFrame:
    """Return the rows of predictions.csv, each slice by the network that was tested on it.

    A class that a fold could not learn has probability 0 there. Slices of no fold, which every
    network was trained on, have equal probabilities and an empty split.
    """
    probabilities = np.full((len(table), len(names)), 1 / len(names))
    done = 0
    for fold in folds:
        networks, rows = open_engine(fold.run, engine).networks, np.flatnonzero(fold.tested)
        columns = np.array([names.index(name) for name in fold.learnt])
        probabilities[rows] = 0.0
        for chosen in batches(len(rows)):
            batch = rows[chosen]
            probabilities[np.ix_(batch, columns)] = mean_probabilities(
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
) -> Labelled:
    """Return border-only predictions of every slice, fitted on its fold's training slices."""
    probabilities = np.full((len(table), len(names)), 1 / len(names))
    features = border_features(decoded.grey)
    for fold in folds:
        probabilities[fold.tested] = border_probabilities(fold.table, features, names, ("test",))[
            "test"
        ]
    if all(np.ptp(probabilities[fold.tested]) == 0 for fold in folds):
        probabilities[:] = 1 / len(
            names
        )  # each found nothing to split on; their shares are no ranking
    return labelled(predictions_frame(table, probabilities, names), names, positive)
