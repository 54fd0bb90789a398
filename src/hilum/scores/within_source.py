"""AUC within sources: the only AUC that telling the sources apart cannot raise.

Pairs of a positive and a negative slice are compared within one source only. The pooled value is
the covariate-adjusted AUC of Janes and Pepe (2009, doi 10.1093/biomet/asp002): the mean of the
AUCs of the sources, each weighted by its share of the positive slices.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from hilum.scores.bootstrap import Estimate, bootstrap_weights, interval_of
from hilum.scores.classification import UNDEFINED, Labelled, restrict
from hilum.scores.ranking import weighted_auc

__all__ = ["FEWEST_GROUPS", "within_source_block"]

Floats = npt.NDArray[np.float64]

FEWEST_GROUPS = 5
"""Groups that each class needs in a part: with fewer, the interval of an AUC says nothing (the
exact bound of 4 out of 4 is 0.40)."""

ONE_SOURCE_EACH = "no source holds both {positive} and another class"
TOO_FEW = "fewer than {fewest} groups of {names}"


def within_source_block(
    cases: Labelled, source: npt.NDArray[np.object_], *, fewest: int = FEWEST_GROUPS
) -> dict[str, Any]:
    """Return the AUC within each source and their pooled mean, for metrics.json.

    Args:
        cases: n predictions next to the truth.
        source: (n,) text, where each slice comes from.
        fewest: groups that each class needs for a source to be scored.

    Returns:
        `pooled`: a metric with its interval over groups, undefined where no source can be scored;
        `sources`: one entry a source that holds both classes: source, n, groups, positives,
        negatives (groups of each class) and `auc`; a source with too few groups has an undefined
        `auc` that says so. `one_class`: the sources that hold one class only.
    """
    entries, scored, one_class = [], [], []
    for name in sorted(set(source)):
        inside = source == name
        part = restrict(cases, inside)
        if part.is_positive.all() or not part.is_positive.any():
            one_class.append(str(name))
            continue
        entry = _counts(str(name), part)
        few = [
            text
            for text, count in (
                (cases.positive, entry["positives"]),
                ("the other classes", entry["negatives"]),
            )
            if count < fewest
        ]
        if few:
            note = TOO_FEW.format(fewest=fewest, names=" and of ".join(few))
            entry["auc"] = Estimate(None, None, None, "bootstrap", note).as_json()
        else:
            scored.append((entry, inside))
        entries.append(entry)
    pooled = _scored(cases, scored, one_class=not entries)
    return {"pooled": pooled.as_json(), "sources": entries, "one_class": one_class}


def _counts(name: str, part: Labelled) -> dict[str, Any]:
    """Return what is known of the slices of one source."""
    truth = part.is_positive
    return {
        "source": name,
        "n": len(truth),
        "groups": len(set(part.group)),
        "positives": len(set(part.group[truth])),
        "negatives": len(set(part.group[~truth])),
    }


def _scored(
    cases: Labelled, scored: list[tuple[dict[str, Any], npt.NDArray[np.bool_]]], *, one_class: bool
) -> Estimate:
    """Fill in the AUC of each scored source, and return their pooled mean."""
    if not scored:
        note = (
            ONE_SOURCE_EACH.format(positive=cases.positive)
            if one_class
            else "too few groups in every source that holds both classes"
        )
        return Estimate(None, None, None, "bootstrap", note)
    truth, score = cases.is_positive, cases.score
    weight = np.array([truth[inside].sum() for _, inside in scored], dtype=np.float64)
    weight /= weight.sum()

    def under(weights: Floats) -> Floats:
        """Return the AUC of each source under each row of case weights, (draws, sources)."""
        return np.stack(
            [weighted_auc(truth[i], score[i], weights[:, i]) for _, i in scored], axis=1
        )

    value = under(np.ones((1, len(truth))))[0]
    # Groups are drawn among those of the same labels and source: a source never comes out empty.
    strata = np.array(
        [f"{label}\0{number}" for label, number in zip(cases.label, _numbers(scored, len(truth)),
                                                       strict=True)], dtype=object
    )  # fmt: skip
    draws = np.concatenate([under(w) for w in bootstrap_weights(cases.group, strata)])
    for column, (entry, _) in enumerate(scored):
        groups = min(entry["positives"], entry["negatives"])
        estimate = interval_of(
            float(value[column]), draws[:, column], groups=groups, undefined=UNDEFINED["auc"]
        )
        entry["auc"] = estimate.as_json()
    groups = sum(min(entry["positives"], entry["negatives"]) for entry, _ in scored)
    return interval_of(
        float(value @ weight), draws @ weight, groups=groups, undefined=UNDEFINED["auc"]
    )


def _numbers(
    scored: list[tuple[dict[str, Any], npt.NDArray[np.bool_]]], count: int
) -> npt.NDArray[np.int64]:
    """Return the number of the scored source that each case is in, -1 for none."""
    numbers = np.full(count, -1, dtype=np.int64)
    for number, (_, inside) in enumerate(scored):
        numbers[inside] = number
    return numbers
