"""The best of several cross-validations, the choice made inside the folds.

Trying N networks on the same slices and reporting the best one uses the test slices to choose, so
the metric is optimistic: the more networks, the more. Here each fold chooses by its own
validation slices, and its test slices are seen by that network only; the out-of-fold predictions
of the networks so chosen are those of the whole procedure "try N, keep the best".
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd

from hilum.errors import RunError
from hilum.scores import by_group, metrics_block
from hilum.steps.compare.runs import ComparedRun
from hilum.steps.evaluate.metrics import labelled
from hilum.table import read_csv

__all__ = ["best_inside_folds", "choose_in_folds"]

FOLDS = "folds.csv"


def best_inside_folds(runs: Sequence[ComparedRun]) -> dict[str, Any] | None:
    """Return the entry `choice` of comparison.json: best of N, chosen inside the folds.

    Args:
        runs: runs that may be compared pair by pair.

    Returns:
        the choice of each fold, figures per slice and per group as in metrics.json, and what the
        naive best of N would claim; None unless all runs are cross-validations.

    Raises:
        RunError: a cross-validation does not say how its folds did on validation.
    """
    if len(runs) < 2 or any(compared.run.kind != "cross-validation" for compared in runs):
        return None
    folds = [_folds(compared) for compared in runs]
    chosen = choose_in_folds(folds)
    rows = pd.concat(
        [runs[index].test[runs[index].test["fold"] == fold] for fold, index in chosen.items()]
    ).sort_index()
    cases = labelled(rows, runs[0].class_names, runs[0].positive)
    content = {
        "n": len(runs),
        "folds": [
            {
                "fold": fold,
                "name": runs[index].name,
                "validation_auc": _known(folds[index].loc[fold, "validation_auc"]),
                "validation_loss": _known(folds[index].loc[fold, "validation_loss"]),
            }
            for fold, index in chosen.items()
        ],
        "per_slice": metrics_block(cases),
        "per_group": metrics_block(by_group(cases)),
    }
    return {**content, "naive": _naive(runs, content)}


def choose_in_folds(folds: Sequence[pd.DataFrame]) -> dict[str, int]:
    """Return fold -> place of the network with the highest validation AUC in that fold.

    Of equal ones the one with the lower validation loss, then the one given first; an AUC that
    isn't defined comes last.

    Args:
        folds: of each network, validation_auc and validation_loss (numbers) by fold.
    """

    def rank(fold: str, index: int) -> tuple[float, float]:
        row = folds[index].loc[fold].to_dict()
        area, loss = float(row["validation_auc"]), float(row["validation_loss"])
        return (-math.inf if math.isnan(area) else area, -math.inf if math.isnan(loss) else -loss)

    return {
        fold: max(range(len(folds)), key=lambda index: rank(fold, index)) for fold in folds[0].index
    }


def _folds(compared: ComparedRun) -> pd.DataFrame:
    """Return folds.csv by fold, its validation figures as numbers."""
    path = compared.run.folder / FOLDS
    if not path.is_file():
        raise RunError(
            f"{compared.run.folder} has no {FOLDS}: it is not a complete cross-validation."
        )
    rows = read_csv(path)
    try:
        content = rows.set_index("fold")[["validation_auc", "validation_loss"]]
        content = content.replace("", "nan").astype(float)
        same = set(content.index) == set(compared.test["fold"]) and content.index.is_unique
    except (KeyError, ValueError) as error:
        raise RunError(
            f"{path} must have validation_auc and validation_loss of each fold ({error}); "
            f"train the cross-validation again."
        ) from None
    if not same:
        raise RunError(
            f"{path} is not about the folds of predictions.csv; run "
            f"`hilum evaluate {compared.run.folder}` again."
        )
    return content


def _naive(runs: Sequence[ComparedRun], content: dict[str, Any]) -> dict[str, Any] | None:
    """Return what the best of N by the out-of-fold AUC itself would claim, and by how much more."""
    areas = [compared.metrics["splits"]["test"]["per_slice"]["figures"]["auc"] for compared in runs]
    known = [index for index, area in enumerate(areas) if area["value"] is not None]
    honest = content["per_slice"]["figures"]["auc"]["value"]
    if not known or honest is None:
        return None
    best = max(known, key=lambda index: float(areas[index]["value"]))
    return {
        "name": runs[best].name,
        "auc": areas[best],
        "optimism": round(areas[best]["value"] - honest, 6),
    }


def _known(number: Any) -> float | None:
    return None if math.isnan(float(number)) else float(number)
