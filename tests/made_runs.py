"""Run folders as training and evaluating leave them, with made-up predictions."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from hilum.run import Run, write_json
from hilum.run.slices_hash import slices_hash
from hilum.steps.evaluate.elsewhere_metrics import ElsewhereQuery, elsewhere_metrics
from hilum.steps.evaluate.metrics import labelled, metrics_of, predictions_frame
from hilum.steps.evaluate.overlap import Overlap
from hilum.table import SliceTable, check_rows, write_table

NAMES = ["cancer", "pneumonia"]


def made_table(
    groups: tuple[int, int] = (12, 20), *, per_group: int = 3, folder: Path = Path()
) -> SliceTable:
    """A table of so many cancer and pneumonia groups; the last third of each class is test."""
    rows = []
    for label, count in zip(NAMES, groups, strict=True):
        for group in range(count):
            split = ("train", "validation", "test")[min(2, group * 3 // count)]
            rows += [
                {
                    "slice_id": f"{label}-{group}-{number}",
                    "path": f"{label}-{group}-{number}.png",
                    "label": label,
                    "group": f"{label}-{group}",
                    "source": f"site {group % 2}",
                    "split": split,
                }
                for number in range(per_group)
            ]
    return SliceTable(check_rows(pd.DataFrame(rows, dtype=str), name="slices.csv"), folder)


@dataclass(frozen=True)
class Made:
    """What a made-up run says of itself."""

    title: str = "MobileNetV2"
    backbone: str = "mobilenetv2"
    noise: float = 1.0
    seed: int = 0
    pretrained: bool = True
    parameters: int = 2_555_394
    seconds: float | None = 159.3
    size: int = 224
    epochs: int = 0
    kind: str = "network"
    cancer: Sequence[float] | None = None
    more: dict[str, Any] = field(default_factory=dict)


def made_run(folder: Path, table: SliceTable, made: Made = Made()) -> Run:
    """Write a run folder whose probabilities of cancer are the truth under noise (or given)."""
    run = Run(folder)
    folder.mkdir(parents=True)
    probabilities = _probabilities(table, made)
    _write_facts(run, made)
    write_table(SliceTable(table.rows, folder, table.name), run.table_file)
    if made.epochs:
        _history(made).to_csv(run.history_file, index=False)
    write_results(run, table, predictions_frame(table, probabilities, NAMES), made)
    return run


def write_results(run: Run, table: SliceTable, predictions: pd.DataFrame, made: Made) -> None:
    """Write predictions.csv, and metrics.json as evaluating would."""
    rng = np.random.default_rng(99)
    border = np.where(table.rows["label"] == "cancer", 0.6, 0.4) + rng.normal(0, 0.2, len(table))
    output = predictions_frame(table, np.stack([border, 1 - border], axis=1), NAMES)
    splits = [split for split in ("validation", "test") if (predictions["split"] == split).any()]
    if "fold" in predictions:
        output["split"] = "test"
    probe = {s: labelled(output[output["split"] == s], NAMES, "cancer") for s in splits}
    metrics = metrics_of(
        table, predictions, probe, class_names=NAMES, positive="cancer",
        weights={"network": made.backbone, "origin": "made up", "pretrained": made.pretrained},
    )  # fmt: skip
    run.write_predictions(predictions)
    write_json({**metrics, "slices_sha256": slices_hash(run.table_file)}, run.metrics_file)


def made_elsewhere(
    run: Run, name: str, made: Made = Made(), *, only: str = "", shared: int = 0
) -> dict[str, Any]:
    """Write and return metrics.json of an evaluation on another table, cancer against normal.

    Args:
        only: the label that all its slices have, if not both.
        shared: so many of its slices are said to be shared with training.
    """
    table = made_table()
    rows = table.rows.assign(label=table.rows["label"].replace("pneumonia", "normal"), split="")
    of_label = rows[rows["label"] == only] if only else rows
    other = SliceTable(of_label.reset_index(drop=True), run.folder, f"{name}.csv")
    cases, border = (
        labelled(predictions_frame(other, _probabilities(table, of)[of_label.index], NAMES), NAMES,
                 "cancer")
        for of in (made, Made(noise=6.0, seed=9))
    )  # fmt: skip
    flags = np.arange(len(other)) < shared
    query = ElsewhereQuery(name, ("cancer", "normal"), {}, None, Overlap({}, flags, shared), {})
    metrics = elsewhere_metrics(run, other, cases, border, query)
    (run.elsewhere / name).mkdir(parents=True)
    write_json(metrics, run.elsewhere / name / "metrics.json")
    return metrics


def made_folds(folder: Path, table: SliceTable, made: Made, validation: Sequence[float]) -> Run:
    """Write a cross-validation: group n of each class is tested in fold n % folds + 1."""
    run = Run(folder)
    folder.mkdir(parents=True)
    predictions = predictions_frame(table, _probabilities(table, made), NAMES)
    numbers = table.rows["group"].str.rpartition("-")[2].astype(int) % len(validation) + 1
    predictions = predictions.assign(split="test", fold=numbers.astype(str))
    _write_facts(run, Made(**{**made.__dict__, "kind": "cross-validation"}))
    run.weights_file.unlink()
    for fold, _ in enumerate(validation, start=1):
        _write_facts(Run(run.members / f"fold-{fold}"), made)
    write_table(SliceTable(table.rows, folder, table.name), run.table_file)
    pd.DataFrame(
        {
            "fold": range(1, len(validation) + 1),
            "run": [f"members/fold-{fold}" for fold in range(1, len(validation) + 1)],
            "best_epoch": 1,
            "validation_loss": 0.5,
            "validation_auc": validation,
            "seconds": 10.0,
        }
    ).to_csv(folder / "folds.csv", index=False)
    write_results(run, table, predictions, made)
    return run


def changed(path: Path, **changes: Any) -> None:
    """Change top-level keys of a JSON file; None takes one away."""
    content = json.loads(path.read_text(encoding="utf-8")) | changes
    retained = {key: value for key, value in content.items() if value is not None}
    path.write_text(json.dumps(retained), encoding="utf-8")


def _probabilities(table: SliceTable, made: Made) -> np.ndarray:
    if made.cancer is not None:
        cancer = np.array(made.cancer, dtype=float)
    else:
        rng = np.random.default_rng(made.seed)
        truth = np.where(table.rows["label"] == "cancer", 1.5, -1.5)
        own = dict(
            zip(sorted(set(table.rows["group"])), rng.normal(0, 1, len(table)), strict=False)
        )
        shared = table.rows["group"].map(own).to_numpy(dtype=float)
        logit = truth + made.noise * (shared + rng.normal(0, 0.5, len(table)))
        cancer = 1 / (1 + np.exp(-logit))
    return np.stack([cancer, 1 - cancer], axis=1)


def _write_facts(run: Run, made: Made) -> None:
    """Write what a finished training leaves, but for its slices and history."""
    run.folder.mkdir(parents=True, exist_ok=True)
    run.recipe_file.write_text('[network]\nbackbone = "mobilenetv2"\n', encoding="utf-8")
    run.weights_file.write_bytes(b"")
    write_json(
        {
            "kind": made.kind,
            "backbone": made.backbone,
            "title": made.title,
            "class_names": NAMES,
            "positive": "cancer",
            "input": {"size": made.size},
            "parameters": {"total": made.parameters, "trained": made.parameters // 2},
            **made.more,
        },
        run.network_file,
    )
    write_json(
        {
            "hilum": "0.1.0",
            "command": "hilum train",
            "started": "2026-01-02T03:04:05+00:00",
            "processor": "Some processor",
            "device": "cpu",
            "weights": {
                "network": made.backbone,
                "origin": "made up",
                "pretrained": made.pretrained,
            },
            **({} if made.seconds is None else {"seconds": made.seconds}),
        },
        run.environment_file,
    )


def _history(made: Made) -> pd.DataFrame:
    epochs = np.arange(1, made.epochs + 1)
    return pd.DataFrame(
        {
            "epoch": epochs,
            "learning_rate": 1e-3,
            "train_loss": 0.7 * made.noise / epochs,
            "validation_loss": 0.8 * made.noise / epochs,
            "validation_accuracy": 1 - 0.4 / (epochs + 1),
            "validation_auc": 1 - 0.3 / (epochs + 1),
            "seconds": 10.0,
            "best": (epochs == made.epochs).astype(int),
        }
    )
