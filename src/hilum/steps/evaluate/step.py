"""Evaluate: a run in, predictions.csv and metrics.json out."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from hilum.audit import border_features
from hilum.errors import RunError
from hilum.prepare import Decoded, decode_table, notes_by_label
from hilum.progress import SILENT, Prefixed, Progress
from hilum.run import Run, as_run, probability_column, write_json
from hilum.run.metrics import Metrics
from hilum.run.network import REPEATED, network_facts
from hilum.run.slices_hash import slices_hash
from hilum.scores import Labelled, check_prevalence, restrict
from hilum.steps.classes import check_labels
from hilum.steps.evaluate.border_probe import border_probabilities
from hilum.steps.evaluate.fold_metrics import with_folds
from hilum.steps.evaluate.folds import (
    check_folds,
    folds_of,
    predict_folds,
    probe_folds,
)
from hilum.steps.evaluate.harmonised_sheet import write_harmonised_sheet
from hilum.steps.evaluate.metrics import Breakdown, labelled, metrics_of, predictions_frame
from hilum.steps.evaluate.part_columns import part_columns
from hilum.steps.evaluate.probabilities import table_probabilities
from hilum.steps.evaluate.seeds import write_seed_metrics
from hilum.steps.predict.decision import save_operating_points
from hilum.steps.predict.engine import check_engine, open_engine
from hilum.table import SliceTable

__all__ = ["evaluate"]

SUM_TOLERANCE = 1e-3
"""By which probabilities written by another program may miss a sum of 1."""


def evaluate(
    run: Run | Path | str,
    *,
    by: Iterable[str] = (),
    prevalence: float | None = None,
    keep_predictions: bool = False,
    engine: str = "auto",
    progress: Progress = SILENT,
) -> Metrics:
    """Predict every slice of a run's table, write predictions.csv and metrics.json.

    What was learnt on validation for predicting, the thresholds and the temperature, goes into
    network.json. A cross-validation's slices are predicted each by the network of the fold that
    tests on it. Of a repeated training every seed's run is evaluated, and the spread of their
    metrics goes into its metrics.json.

    Args:
        run: a finished run or its folder.
        by: columns of the run's table to show metrics of the test slices by part of;
            `lesion-size` and `slice-thickness` are computed. By source they are shown always.
        prevalence: share of positives where the network would be used, for predictive values and
            net benefit, between 0 and 1; None: that of the test slices.
        keep_predictions: score the predictions.csv that is there; needs neither network nor torch.
        engine: what computes the network, see `hilum.steps.predict.engine.ENGINES`.
        progress: reports what is going on.

    Returns:
        the content of metrics.json: design verdict, split and leak, border probe, and for each
        split the figures with intervals per slice and per group; thresholds and calibration. Of a
        repeated training `seeds` in place of splits: `each` training and the `spread`.

    Raises:
        UsageError: the prevalence is none.
        TableError: a column of `by` is missing or names no parts.
        RunError: the run lacks something, or its predictions are not of its slices.
        ReadError: a slice can't be read any more.
    """
    check_engine(engine)
    if prevalence is not None:
        check_prevalence(prevalence)
    run = as_run(run)
    if run.kind == REPEATED:
        wanted = {"by": tuple(by), "prevalence": prevalence, "keep_predictions": keep_predictions}
        return _evaluate_seeds(run, wanted, engine, progress)
    facts, table = network_facts(run), run.table()
    names, positive = facts.class_names, facts.positive
    check_labels(table, names)
    _check_test_slices(run, table)
    breakdown = Breakdown(part_columns(table, by), prevalence)
    table_hash = slices_hash(run.table_file)
    folds = folds_of(run, table) if run.kind == "cross-validation" else []
    with decode_table(table, size=facts.size, progress=progress) as decoded:
        notes = notes_by_label(decoded.notes, table.rows["label"].tolist())
        if keep_predictions:
            predictions = _read_predictions(run, table, names)
        elif folds:
            predictions = predict_folds(folds, table, decoded, names, engine, progress)
        else:
            opened = open_engine(run, engine)
            predictions = predictions_frame(
                table, table_probabilities(opened, table, decoded, progress), names
            )
        if not keep_predictions:
            run.write_predictions(predictions)
        if folds:
            border = probe_folds(folds, table, decoded, names, positive)
            is_test = (table.rows["split"] == "test").to_numpy(dtype=bool)
            probe = {"test": restrict(border, is_test)}
        else:
            probe = _probe(table, decoded, names, positive)
    metrics = metrics_of(
        table, predictions, probe, class_names=names, positive=positive,
        weights=_weights(run), breakdown=breakdown,
    )  # fmt: skip
    metrics["slices_sha256"] = table_hash
    if folds:
        cases = labelled(predictions, names, positive)
        metrics = with_folds(metrics, folds, table, cases, border)
    metrics["notes"] = notes
    write_harmonised_sheet(run, table)
    save_operating_points(run, metrics)
    write_json(metrics, run.metrics_file)
    return Metrics(metrics)


def _evaluate_seeds(run: Run, wanted: dict[str, Any], engine: str, progress: Progress) -> Metrics:
    """Evaluate every training of a repeated one; write and return what they reach together."""
    evaluated = []
    for member in run.seed_runs():
        own = Prefixed(progress, member.folder.name)
        metrics = evaluate(member, engine=engine, progress=own, **wanted)
        evaluated.append((member, metrics))
    return write_seed_metrics(run, evaluated)


def _weights(run: Run) -> dict[str, Any]:
    """Return the entry `weights` of metrics.json: what the run started from."""
    weights = dict(run.environment().get("weights", {}))
    if run.kind == "ensemble":
        members = run.description.members
        weights["members"] = len(members)
        weights["random"] = sum(not member.get("pretrained", True) for member in members)
    return weights


def _check_test_slices(run: Run, table: SliceTable) -> None:
    """Raise RunError where the table has no test slices."""
    counts = table.rows["split"].value_counts()
    if "test" not in counts:
        held = ", ".join(f"{count} {name or 'without a split'}" for name, count in counts.items())
        raise RunError(
            f"{run.table_file} has no test slices, which metrics are about; got {held}. Assign "
            f"them with `hilum split` and train again."
        )


def _read_predictions(run: Run, table: SliceTable, names: list[str]) -> pd.DataFrame:
    """Return the predictions that are there, after checking that they are of these slices."""
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


def _probe(
    table: SliceTable, decoded: Decoded, names: list[str], positive: str
) -> dict[str, Labelled]:
    """Return border-only predictions of the validation and test slices, with the truth."""
    splits = tuple(name for name in ("validation", "test") if len(table.part(name)))
    probabilities = border_probabilities(table, border_features(decoded.grey), names, splits)
    return {
        split: labelled(predictions_frame(table.part(split), part, names), names, positive)
        for split, part in probabilities.items()
    }
