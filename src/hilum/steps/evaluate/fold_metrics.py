"""What each fold of a cross-validation reaches, and their mean."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from hilum.scores import (
    Labelled,
    as_pair,
    compute_metrics,
    over_folds,
    restrict,
    within_source_block,
)
from hilum.steps.evaluate.folds import Fold
from hilum.table import SliceTable

__all__ = ["with_folds"]

Flags = npt.NDArray[np.bool_]

UNPARTED = (
    "No group is in more than one fold: the network that predicts a slice saw none of its group."
)
SHARED = (
    "The network that predicts a slice saw none of its group: where slices of a group are in "
    "several folds, those of the others were left out of the training."
)
UNSHARED = (
    "The pooled metrics compare scores of {count} networks, which need not share a scale; the mean "
    "of the folds' own AUCs doesn't. Intervals are over groups, not over folds: they don't include "
    "what another assignment of the folds or another training would change."
)
UNLEARNT = "nothing could be trained on {label}: scored by the probability of {known}"


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
        table: the slices, with the column `fold`; `split` is `test` where they are scored.
        cases, border: out-of-fold predictions of network and border, in the table's order.
    """
    scored = (table.rows["split"] == "test").to_numpy(dtype=bool)
    fold = table.rows["fold"].to_numpy(dtype=object)
    summary = _summary(restrict(cases, scored), restrict(border, scored), fold[scored])
    source = table.rows["source"].to_numpy(dtype=object)
    each = [
        {
            **_each(of_fold, scored & of_fold.tested, summary),
            "within_source_auc": _within(cases, source, scored & of_fold.tested),
            **(_left_out(of_fold, cases, border) if of_fold.column else {}),
        }
        for of_fold in folds
    ]
    parted = (table.rows[fold != ""].groupby("group")["fold"].nunique() > 1).any()
    leak = {**metrics["split"]["leak"], "sentence": SHARED if parted else UNPARTED}
    return {
        **metrics,
        "split": {**metrics["split"], "leak": leak},
        "folds": {
            "count": len(folds),
            "sentence": _sentence(summary["auc"], folds),
            **({"left_out": folds[0].column} if folds[0].column else {}),
            "each": each,
            "mean": {key: of_key["mean"] for key, of_key in summary.items()},
            "standard_deviation": {
                key: of_key["standard_deviation"] for key, of_key in summary.items()
            },
        },
    }


def _summary(
    cases: Labelled, border: Labelled, fold: npt.NDArray[np.object_]
) -> dict[str, dict[str, Any]]:
    """Return `auc`, `accuracy` and `border_auc` over the folds; AUCs over those of both classes."""
    truth = cases.is_positive
    both = [name for name in dict.fromkeys(fold) if len(set(truth[fold == name])) == 2]
    inside = np.isin(fold, both) if both else np.ones(len(fold), dtype=bool)
    network, probe = (
        over_folds(restrict(of, inside), fold[inside])["auc"] for of in (cases, border)
    )
    return {
        "auc": network,
        "accuracy": over_folds(cases, fold)["accuracy"],
        "border_auc": probe,
    }


def _each(fold: Fold, scored: Flags, summary: dict[str, Any]) -> dict[str, Any]:
    """Return what one fold was tested on and what it reached."""
    return {
        "fold": fold.name,
        "run": f"members/{fold.run.folder.name}",
        "n": int(scored.sum()),
        "groups": int(fold.table.rows["group"][scored].nunique()),
        **{key: of_key["each"].get(fold.name) for key, of_key in summary.items()},
    }


def _within(cases: Labelled, source: npt.NDArray[np.object_], scored: Flags) -> float | None:
    """Return the AUC within sources of the slices of a fold, None where it is not defined."""
    block = within_source_block(restrict(cases, scored), source[scored])
    value: float | None = block["pooled"]["value"]
    return value


def _left_out(fold: Fold, cases: Labelled, border: Labelled) -> dict[str, Any]:
    """Return what a fold left out, and the AUC of each pair of its classes.

    A class that the fold could not learn is scored against one that it could.
    """
    own = restrict(cases, fold.tested)
    present = [name for name in cases.class_names if (own.label == name).any()]
    order = sorted(present, key=lambda name: name != cases.positive)
    known = [_of_classes(restrict(of, fold.tested), fold.learnt) for of in (cases, border)]
    return {
        "left_out": fold.left_out,
        "by_class": {name: int((own.label == name).sum()) for name in present},
        "unlearnt": [name for name in present if name not in fold.learnt],
        "pairs": [
            _pair(known[0], known[1], pair)
            for pair in itertools.combinations(order, 2)
            if set(pair) & set(fold.learnt)
        ],
    }


def _of_classes(cases: Labelled, learnt: list[str]) -> Labelled:
    """Return the cases with the probabilities of the classes that were learnt alone."""
    columns = [list(cases.class_names).index(name) for name in learnt]
    return replace(cases, probabilities=cases.probabilities[:, columns], class_names=learnt)


def _pair(cases: Labelled, border: Labelled, pair: tuple[str, str]) -> dict[str, Any]:
    """Return the AUC of two classes, of the network and of the border alone."""
    unlearnt = [name for name in pair if name not in cases.class_names]
    known = next(name for name in pair if name not in unlearnt)
    note = {"note": UNLEARNT.format(label=unlearnt[0], known=known)} if unlearnt else {}
    auc, border_auc = (compute_metrics(as_pair(of, *pair))["auc"] for of in (cases, border))
    return {
        "pair": list(pair),
        "auc": auc.as_json(),
        "border_auc": border_auc.as_json(),
        **note,
    }


def _sentence(areas: dict[str, Any], folds: list[Fold]) -> str:
    """Say the mean of the folds' AUCs, and what it and the pooled one leave out."""
    mean, spread = areas["mean"]["value"], areas["standard_deviation"]
    mean_text = "not defined" if mean is None else f"{mean:.3f}"
    spread_text = "" if spread is None else f" (standard deviation {spread:.3f})"
    caution = UNSHARED.format(count=len(folds))
    counted = sum(value is not None for value in areas["each"].values())
    which = (
        f"the {len(folds)} folds"
        if counted in (0, len(folds))
        else f"the {counted} of {len(folds)} folds that hold both classes"
    )
    return f"Mean test AUC of {which}: {mean_text}{spread_text}. {caution}"
