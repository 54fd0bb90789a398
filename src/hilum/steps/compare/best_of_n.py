"""The best of several cross-validations, the choice made inside the folds.

Whoever tries N networks on the same slices and reports the best one has used the test slices to
choose, and the figure flatters: the more networks, the more. Here each fold chooses by its own
validation slices, and its test slices are seen by that network only; the out-of-fold predictions
of the networks so chosen are those of the whole procedure "try N, keep the best".
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd

from hilum.errors import RunError
from hilum.scores import block, by_group
from hilum.steps.compare.runs import ComparedRun
from hilum.steps.evaluate.metrics import labelled
from hilum.table import read_csv

__all__ = ["best_inside_folds", "choose_in_folds"]

FOLDS = "folds.csv"


def best_inside_folds(runs: Sequence[ComparedRun]) -> dict[str, Any] | None:
    """Return what comparison.json says of "best of N, chosen inside the folds".

    Args:
        runs: runs that may be compared pair by pair.

    Returns:
        the choice of each fold, figures per slice and per group as in metrics.json, and what the
        naive best of N would claim; None unless all runs are cross-validations.

    Raises:
        RunError: a cross-validation does not say how its folds did on validation.
    """
    if len(runs) < 2 or any(one.run.kind != "cross-validation" for one in runs):
        return None
    folds = [_folds(one) for one in runs]
    chosen = choose_in_folds(folds)
    rows = pd.concat(
        [runs[place].test[runs[place].test["fold"] == fold] for fold, place in chosen.items()]
    ).sort_index()
    cases = labelled(rows, runs[0].class_names, runs[0].positive)
    told = {
        "n": len(runs),
        "folds": [
            {
                "fold": fold,
                "name": runs[place].name,
                "validation_auc": _known(folds[place].loc[fold, "validation_auc"]),
                "validation_loss": _known(folds[place].loc[fold, "validation_loss"]),
            }
            for fold, place in chosen.items()
        ],
        "per_slice": block(cases),
        "per_group": block(by_group(cases)),
    }
    return {**told, "naive": _naive(runs, told)}


def choose_in_folds(folds: Sequence[pd.DataFrame]) -> dict[str, int]:
    """Return fold -> place of the network with the highest validation AUC in that fold.

    Of equal ones the one with the lower validation loss, then the one given first; an AUC that
    isn't defined comes last.

    Args:
        folds: of each network, validation_auc and validation_loss (numbers) by fold.
    """

    def rank(fold: str, place: int) -> tuple[float, float]:
        row = folds[place].loc[fold].to_dict()
        area, loss = float(row["validation_auc"]), float(row["validation_loss"])
        return (-math.inf if math.isnan(area) else area, -math.inf if math.isnan(loss) else -loss)

    return {
        fold: max(range(len(folds)), key=lambda place: rank(fold, place)) for fold in folds[0].index
    }


def _folds(one: ComparedRun) -> pd.DataFrame:
    """Return folds.csv by fold, its validation figures as numbers."""
    path = one.run.folder / FOLDS
    if not path.is_file():
        raise RunError(f"{one.run.folder} has no {FOLDS}: it is not a whole cross-validation.")
    rows = read_csv(path)
    try:
        told = rows.set_index("fold")[["validation_auc", "validation_loss"]]
        told = told.replace("", "nan").astype(float)
        same = set(told.index) == set(one.test["fold"]) and told.index.is_unique
    except (KeyError, ValueError) as error:
        raise RunError(
            f"{path} does not tell the validation figures of each fold ({error})."
        ) from None
    if not same:
        raise RunError(f"{path} is not about the folds of predictions.csv.")
    return told


def _naive(runs: Sequence[ComparedRun], told: dict[str, Any]) -> dict[str, Any] | None:
    """Return what the best of N by the out-of-fold AUC itself would claim, and by how much more."""
    areas = [one.metrics["splits"]["test"]["per_slice"]["figures"]["auc"] for one in runs]
    known = [place for place, area in enumerate(areas) if area["value"] is not None]
    honest = told["per_slice"]["figures"]["auc"]["value"]
    if not known or honest is None:
        return None
    best = max(known, key=lambda place: float(areas[place]["value"]))
    return {
        "name": runs[best].name,
        "auc": areas[best],
        "optimism": round(areas[best]["value"] - honest, 6),
    }


def _known(number: Any) -> float | None:
    return None if math.isnan(float(number)) else float(number)
