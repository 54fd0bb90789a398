"""The predictions.csv that lies in a run folder, checked against the run's slices."""

from __future__ import annotations

import numpy as np
import pandas as pd

from hilum.errors import RunError
from hilum.run import Run, probability_column
from hilum.steps.evaluate.folds import check_folds
from hilum.table import SliceTable

__all__ = ["read_predictions"]

SUM_TOLERANCE = 1e-3
"""By which probabilities written by another program may miss a sum of 1."""


def read_predictions(run: Run, table: SliceTable, names: list[str]) -> pd.DataFrame:
    """Return the predictions in a run folder.

    Raises:
        RunError: there are none; or they are not of these slices, or contradict them or themselves.
    """
    predictions = run.predictions()
    numbers = [probability_column(name) for name in names]
    for column in ("slice_id", "group", "split", "label", "predicted", *numbers):
        if column not in predictions.columns:
            raise RunError(f"{run.predictions_file} has no column {column!r}.")
    if not predictions[numbers].apply(lambda values: values.between(0, 1)).to_numpy().all():
        raise RunError(
            f"{run.predictions_file}: a probability lies between 0 and 1, and one of them does not."
        )
    if predictions["slice_id"].tolist() != table.rows["slice_id"].tolist():
        raise RunError(
            f"{run.predictions_file} is not about the slices of {run.table_file.name}; run "
            f"`hilum evaluate {run.folder}` without --keep-predictions."
        )
    _check_predictions(run, predictions, table, names)
    if run.kind == "cross-validation":
        check_folds(run, predictions, table)
    return predictions


def _check_predictions(
    run: Run, predictions: pd.DataFrame, table: SliceTable, names: list[str]
) -> None:
    """Raise RunError where predictions contradict the table, or themselves."""
    again = f"run `hilum evaluate {run.folder}` without --keep-predictions."
    for column in ("group", "split", "label"):
        differs = (predictions[column] != table.rows[column].to_numpy()).to_numpy()
        if differs.any():
            row = predictions.iloc[int(differs.argmax())]
            raise RunError(
                f"{run.predictions_file} has {column} {row[column]!r} for slice "
                f"{row['slice_id']!r}, {run.table_file.name} another "
                f"({int(differs.sum())} slices differ); {again}"
            )
    unknown = ~predictions["predicted"].isin(names)
    if unknown.any():
        raise RunError(
            f"{run.predictions_file}: `predicted` must be one of {', '.join(names)}; got "
            f"{predictions['predicted'][unknown].iloc[0]!r}; {again}"
        )
    numbers = predictions[[probability_column(name) for name in names]].to_numpy(dtype=np.float64)
    sums = numbers.sum(axis=1)
    if (np.abs(sums - 1) > SUM_TOLERANCE).any():
        index = int(np.abs(sums - 1).argmax())
        raise RunError(
            f"{run.predictions_file}: the probabilities of a slice must add up to 1; those of "
            f"{predictions['slice_id'].iloc[index]!r} add up to {sums[index]:.4g}; {again}"
        )
    called = numbers[np.arange(len(numbers)), [names.index(n) for n in predictions["predicted"]]]
    if (called < numbers.max(axis=1) - SUM_TOLERANCE).any():
        index = int((numbers.max(axis=1) - called).argmax())
        raise RunError(
            f"{run.predictions_file}: `predicted` must be the most probable class; for slice "
            f"{predictions['slice_id'].iloc[index]!r} it is "
            f"{predictions['predicted'].iloc[index]!r}; {again}"
        )
