"""Evaluate: a run in, predictions.csv and metrics.json out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from hilum.audit import border_features
from hilum.errors import RunError
from hilum.prepare import Decoded, decode_table, notes_by_label
from hilum.progress import SILENT, Prefixed, Progress
from hilum.run import Run, as_run, write_json
from hilum.run.metrics import Metrics
from hilum.run.network import REPEATED, network_facts
from hilum.run.slices_hash import slices_hash
from hilum.scores import Labelled, check_prevalence, restrict
from hilum.steps.classes import check_labels
from hilum.steps.evaluate.border_probe import border_probabilities
from hilum.steps.evaluate.fold_metrics import with_folds
from hilum.steps.evaluate.folds import Fold, folds_of, predict_folds, probe_folds
from hilum.steps.evaluate.harmonised_sheet import write_harmonised_sheet
from hilum.steps.evaluate.metrics import Breakdown, labelled, metrics_of, predictions_frame
from hilum.steps.evaluate.part_columns import part_columns
from hilum.steps.evaluate.probabilities import table_probabilities
from hilum.steps.evaluate.seeds import write_seed_metrics
from hilum.steps.evaluate.stored_predictions import read_predictions
from hilum.steps.predict.decision import save_operating_points
from hilum.steps.predict.engine import check_engine, open_engine
from hilum.table import SliceTable

__all__ = ["evaluate"]


@dataclass(frozen=True)
class _Subject:
    """A run that is evaluated.

    Attributes:
        run: it.
        table: its slices.
        table_hash: of the file that they were read from.
        names, positive: its classes, and that which metrics speak of.
        size: side of its network's input, pixels.
        folds: of a cross-validation; else none.
    """

    run: Run
    table: SliceTable
    table_hash: str
    names: list[str]
    positive: str
    size: int
    folds: list[Fold]


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
    subject = _subject_of(run)
    breakdown = Breakdown(part_columns(subject.table, by), prevalence)
    with decode_table(subject.table, size=subject.size, progress=progress) as decoded:
        notes = notes_by_label(decoded.notes, subject.table.rows["label"].tolist())
        if keep_predictions:
            predictions = read_predictions(run, subject.table, subject.names)
        else:
            predictions = _predict(subject, decoded, engine, progress)
            run.write_predictions(predictions)
        border = _border(subject, decoded)
    metrics = _metrics(subject, predictions, border, breakdown)
    metrics["notes"] = notes
    write_harmonised_sheet(run, subject.table)
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


def _subject_of(run: Run) -> _Subject:
    """Return what is evaluated of a run, after checking its labels and that it has test slices."""
    facts, table = network_facts(run), run.table()
    check_labels(table, facts.class_names)
    _check_test_slices(run, table)
    folds = folds_of(run, table) if run.kind == "cross-validation" else []
    table_hash = slices_hash(run.table_file)
    return _Subject(run, table, table_hash, facts.class_names, facts.positive, facts.size, folds)


def _predict(subject: _Subject, decoded: Decoded, engine: str, progress: Progress) -> pd.DataFrame:
    """Return the predictions for every slice; in a cross-validation of the fold that tests it."""
    table, names = subject.table, subject.names
    if subject.folds:
        return predict_folds(subject.folds, table, decoded, names, engine, progress)
    opened = open_engine(subject.run, engine)
    return predictions_frame(table, table_probabilities(opened, table, decoded, progress), names)


def _border(subject: _Subject, decoded: Decoded) -> dict[str, Labelled]:
    """Return border-only predictions with the truth: by split, in a cross-validation of `all`."""
    table, names, positive = subject.table, subject.names, subject.positive
    if subject.folds:
        return {"all": probe_folds(subject.folds, table, decoded, names, positive)}
    return _probe(table, decoded, names, positive)


def _metrics(
    subject: _Subject, predictions: pd.DataFrame, border: dict[str, Labelled], breakdown: Breakdown
) -> dict[str, Any]:
    """Return the content of metrics.json but for the notes."""
    table, names, positive = subject.table, subject.names, subject.positive
    probe = border
    if subject.folds:
        is_test = (table.rows["split"] == "test").to_numpy(dtype=bool)
        probe = {"test": restrict(border["all"], is_test)}
    metrics = metrics_of(
        table, predictions, probe, class_names=names, positive=positive,
        weights=_weights(subject.run), breakdown=breakdown,
    )  # fmt: skip
    metrics["slices_sha256"] = subject.table_hash
    if subject.folds:
        cases = labelled(predictions, names, positive)
        metrics = with_folds(metrics, subject.folds, table, cases, border["all"])
    return metrics


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
