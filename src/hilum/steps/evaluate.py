"""Evaluate: a run in, predictions.csv and metrics.json out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from hilum.audit import judge_design, probe_concern
from hilum.errors import RunError
from hilum.prepare import BATCH, Decoded, decode_table, in_batches
from hilum.progress import SILENT, Progress
from hilum.run import Run, open_run, probability_column, write_json
from hilum.scores import FEW_GROUPS, INTERVAL, Labelled, block, by_group
from hilum.splits import count_splits, find_leak, lone_slices
from hilum.steps.environment import version
from hilum.steps.facts import check_labels, network_facts
from hilum.steps.probe import border_says
from hilum.table import SPLITS, SliceTable

__all__ = ["evaluate", "labelled"]


def evaluate(
    run: Run | Path | str, *, keep_predictions: bool = False, progress: Progress = SILENT
) -> dict[str, Any]:
    """Predict every slice of a run's table, write predictions.csv and metrics.json.

    Args:
        run: a finished run or its folder.
        keep_predictions: score the predictions.csv that is there; needs neither network nor torch.
        progress: told what is going on.

    Returns:
        the content of metrics.json: design verdict, split and leak, border probe, and for each
        split the figures with intervals per slice and per group.

    Raises:
        RunError: the run lacks something, or its predictions are not of its slices.
        ReadError: a slice can't be read any more.
    """
    run = run if isinstance(run, Run) else open_run(run)
    facts, table = network_facts(run), run.table()
    names, positive = facts.class_names, facts.positive
    check_labels(table, names)
    with decode_table(table, size=facts.size, progress=progress) as decoded:
        if keep_predictions:
            predictions = _kept(run, table, names)
        else:
            predictions = _predict(run, table, decoded, names, progress)
            run.write_predictions(predictions)
        probe = _probe(table, decoded, names, positive)
    splits = {split: predictions[predictions["split"] == split] for split in SPLITS}
    cases = {split: labelled(rows, names, positive) for split, rows in splits.items()}
    metrics = {
        "hilum": version(),
        "positive": positive,
        "class_names": names,
        "weights": _weights_json(run),
        "interval": INTERVAL,
        "design": judge_design(table, positive=positive).as_json(),
        "split": _split_json(table),
        "cautions": [*_cautions(cases["test"]), *lone_slices(table)],
        "border_probe": probe_concern(cases, probe).as_json(),
        "splits": {
            split: {"per_slice": block(part), "per_group": block(by_group(part))}
            for split, part in cases.items()
        },
    }
    write_json(metrics, run.metrics_file)
    return metrics


def _cautions(cases: Labelled) -> list[str]:
    """Return what a reader of the test figures must know of their groups, in sentences."""
    told = []
    for name in cases.class_names:
        groups = len(set(cases.group[cases.label == name]))
        if 0 < groups < FEW_GROUPS:
            told.append(
                f"Only {groups} test {'group is' if groups == 1 else 'groups are'} of {name}: with "
                f"fewer than {FEW_GROUPS}, bootstrap intervals come out too narrow."
            )
    mixed = int((pd.Series(cases.label).groupby(cases.group).nunique() > 1).sum())
    if mixed:
        told.append(
            f"{mixed} test {'group holds' if mixed == 1 else 'groups hold'} slices of several "
            f"labels: per group, one counts as {cases.positive} if any of its slices is."
        )
    return told


def labelled(rows: pd.DataFrame, class_names: list[str], positive: str) -> Labelled:
    """Return rows of predictions.csv as the scores take them."""
    columns = [probability_column(name) for name in class_names]
    return Labelled(
        group=rows["group"].to_numpy(dtype=object),
        label=rows["label"].to_numpy(dtype=object),
        predicted=rows["predicted"].to_numpy(dtype=object),
        probabilities=rows[columns].to_numpy(dtype=np.float64),
        class_names=class_names,
        positive=positive,
    )


def _kept(run: Run, table: SliceTable, names: list[str]) -> pd.DataFrame:
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
    return predictions


def _predict(
    run: Run, table: SliceTable, decoded: Decoded, names: list[str], progress: Progress
) -> pd.DataFrame:
    """Return one row a slice with a probability for each class."""
    from hilum.learn.predict import load_network, probabilities

    network = load_network(run)
    parts = []
    for part in probabilities(network, in_batches(decoded.grey)):
        parts.append(part)
        done = min(len(parts) * BATCH, len(table))
        progress.advance("predicting", done, len(table))
    return predictions_frame(table, np.concatenate(parts), names)


def predictions_frame(
    table: SliceTable, probabilities: npt.NDArray[np.float64], names: list[str]
) -> pd.DataFrame:
    """Return predictions.csv's rows: the slice, the truth, the class called, probabilities."""
    rows = table.rows[["slice_id", "group", "source", "split", "label"]].copy()
    rows["predicted"] = np.array(names, dtype=object)[probabilities.argmax(axis=1)]
    for index, name in enumerate(names):
        rows[probability_column(name)] = probabilities[:, index]
    return rows


def _probe(
    table: SliceTable, decoded: Decoded, names: list[str], positive: str
) -> dict[str, Labelled]:
    """Return what the border alone says of the validation and test slices, next to the truth."""
    said = border_says(table, decoded, names, ("validation", "test"))
    return {
        split: labelled(predictions_frame(table.part(split), part, names), names, positive)
        for split, part in said.items()
    }


def _weights_json(run: Run) -> dict[str, Any]:
    """Return where the weights came from: figures of random ones must not pass for others."""
    told = run.environment().get("weights", {})
    return {key: told.get(key) for key in ("network", "origin", "pretrained")}


def _split_json(table: SliceTable) -> dict[str, Any]:
    """Return sizes of the splits and what they share."""
    leak = find_leak(table)
    counts = count_splits(table)
    groups = {split: int(table.part(split).rows["group"].nunique()) for split in SPLITS}
    return {
        "slices": {split: sum(of_label.values()) for split, of_label in counts.items()},
        "groups": groups,
        "by_label": {split: dict(of_label) for split, of_label in counts.items()},
        "leak": {
            "groups": leak.groups,
            "share_of_test_slices": round(leak.share_of_test_slices, 4),
            "sentence": leak.sentence,
        },
    }
