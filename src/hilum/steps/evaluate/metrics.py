"""The content of metrics.json: design, split, border probe and metrics."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from hilum.audit import REAL_LABEL, judge_design, probe_concern, random_labels_concern
from hilum.run import probability_column
from hilum.run.environment import version
from hilum.scores import (
    FEW_GROUPS,
    INTERVAL,
    Labelled,
    apply_temperature,
    bands,
    by_group,
    calibration_block,
    call_at,
    metrics_block,
    parts_block,
    thresholds_block,
    within_source_block,
)
from hilum.splits import count_splits, find_leak, unknown_patients
from hilum.steps.evaluate.net_benefit import CALLED, net_benefit, share_of_positives
from hilum.steps.evaluate.series import own_series
from hilum.table import SPLITS, SliceTable

__all__ = ["Breakdown", "group_cautions", "labelled", "metrics_of", "predictions_frame"]

NOT_OF_DISEASE = "The labels are random, as a self-test: no metric of this run is about disease."

WEIGHTS = ("network", "origin", "pretrained", "members", "random")
"""Keys of `weights` in metrics.json, where they are known."""

Texts = npt.NDArray[np.object_]


@dataclass(frozen=True)
class Breakdown:
    """What metrics.json says of the test slices beyond their metrics.

    Attributes:
        parts: column -> (n,) the part that each of the n slices of the table is in.
        prevalence: share of positives where the network would be used, 0 to 1; None: not stated.
    """

    parts: Mapping[str, Texts] = field(default_factory=dict)
    prevalence: float | None = None


def metrics_of(
    table: SliceTable,
    predictions: pd.DataFrame,
    probe: dict[str, Labelled],
    *,
    class_names: list[str],
    positive: str,
    weights: dict[str, Any],
    breakdown: Breakdown = Breakdown(),
) -> dict[str, Any]:
    """Return the content of metrics.json.

    Args:
        table: the slices, with their splits.
        predictions: rows of predictions.csv; the splits that it holds are scored.
        probe: border-only predictions of the validation and test slices.
        class_names: in the order of the network's outputs.
        positive: the class that the figures speak of.
        weights: where the weights came from, as environment.json says it; of an ensemble also
            how many `members` it has and how many of them began at `random`.
        breakdown: what else is wanted of the test slices.
    """
    predicted_splits = [split for split in SPLITS if (predictions["split"] == split).any()]
    cases = {
        split: labelled(predictions[predictions["split"] == split], class_names, positive)
        for split in predicted_splits
    }
    metrics = {
        "hilum": version(),
        "positive": positive,
        "class_names": class_names,
        "weights": {
            **dict.fromkeys(("network", "origin", "pretrained")),
            **{key: weights[key] for key in WEIGHTS if key in weights},
        },
        "interval": INTERVAL,
        "design": judge_design(table, positive=positive).as_json(),
        "split": _split_json(table),
        "cautions": [*unknown_patients(table), *group_cautions(cases["test"])],
        "border_probe": probe_concern(cases, probe).as_json(),
        "splits": {
            split: {"per_slice": metrics_block(part), "per_group": metrics_block(by_group(part))}
            for split, part in cases.items()
        },
        **_parts_json(table, predictions, cases["test"], breakdown),
        "thresholds": thresholds_block(cases),
        "calibration": calibration_block(cases),
        "series": own_series(table, predictions, cases),
    }
    metrics["decision_curve"] = _decision_curve(table, cases["test"], metrics, breakdown)
    return _with_self_test(metrics) if REAL_LABEL in table.rows.columns else metrics


def _parts_json(
    table: SliceTable, predictions: pd.DataFrame, test: Labelled, breakdown: Breakdown
) -> dict[str, Any]:
    """Return the metrics of the test slices within and by source, and by the other columns."""
    tested = predictions[predictions["split"] == "test"]
    rows = pd.Index(table.rows["slice_id"]).get_indexer(tested["slice_id"])
    source = table.rows["source"].to_numpy(dtype=object)
    fold = tested["fold"].to_numpy(dtype=object) if "fold" in tested.columns else None
    columns = {"source": bands(source), **breakdown.parts}
    return {
        "within_source": within_source_block(test, source[rows], fold=fold),
        "parts": {name: parts_block(test, parts[rows]) for name, parts in columns.items()},
    }


def _decision_curve(
    table: SliceTable, test: Labelled, metrics: dict[str, Any], breakdown: Breakdown
) -> dict[str, Any]:
    """Return the net benefit on the test slices, with the temperature and the operating points."""
    fit, points = metrics["calibration"], metrics["thresholds"]["points"]
    names = list(test.class_names)
    calibrated = test
    if fit["fitted"]:
        scaled = apply_temperature(test.probabilities, fit["temperature"])
        calibrated = replace(test, probabilities=scaled)
    called = {
        name: replace(
            test,
            predicted=call_at(
                test.probabilities, point["threshold"], class_names=names, positive=test.positive
            ),
        )
        for name, point in points.items()
        if point["threshold"] is not None
    }
    share = share_of_positives(table.part("validation").rows["label"], test)
    return net_benefit(
        calibrated, {CALLED: test, **called}, prevalence=breakdown.prevalence, calibrated_on=share
    )


def _with_self_test(metrics: dict[str, Any]) -> dict[str, Any]:
    """Return metrics.json of a run on random labels, with what its AUC means."""
    concern = random_labels_concern(
        metrics["splits"]["test"]["per_slice"]["figures"]["auc"],
        shared_groups=metrics["split"]["leak"]["groups"],
    )
    cautions = [NOT_OF_DISEASE, *metrics["cautions"]]
    return {**metrics, "cautions": cautions, "random_labels": concern.as_json()}


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


def predictions_frame(
    table: SliceTable, probabilities: npt.NDArray[np.float64], names: list[str]
) -> pd.DataFrame:
    """Return predictions.csv's rows: the slice, the truth, the class called, probabilities."""
    rows = table.rows[["slice_id", "group", "source", "split", "label"]].copy()
    rows["predicted"] = np.array(names, dtype=object)[probabilities.argmax(axis=1)]
    for index, name in enumerate(names):
        rows[probability_column(name)] = probabilities[:, index]
    return rows


def group_cautions(cases: Labelled, *, of: str = "test") -> list[str]:
    """Return what a reader of the metrics must know of their groups, in sentences.

    Args:
        cases: the slices that are scored.
        of: what messages call the groups.
    """
    cautions = []
    counts = {name: len(set(cases.group[cases.label == name])) for name in cases.class_names}
    few = {name: groups for name, groups in counts.items() if 0 < groups < FEW_GROUPS}
    if few:
        listed = ", ".join(f"{groups} of {name}" for name, groups in few.items())
        cautions.append(
            f"The {of} set has few groups ({listed}): with fewer than {FEW_GROUPS} in a class, "
            f"bootstrap intervals are too narrow."
        )
    mixed = int((pd.Series(cases.label).groupby(cases.group).nunique() > 1).sum())
    if mixed:
        cautions.append(
            f"{mixed} {of} {'group holds' if mixed == 1 else 'groups hold'} slices of several "
            f"labels: per group, one counts as {cases.positive} if any of its slices is."
        )
    return cautions


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
