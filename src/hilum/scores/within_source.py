"""AUC within sources: the only AUC that telling the sources apart cannot raise.

Pairs of a positive and a negative slice are compared within one source only. The pooled value is
the covariate-adjusted AUC of Janes and Pepe (2009, doi 10.1093/biomet/asp002): the mean of the
AUCs of the sources, each weighted by its share of the positive slices. Out of fold, pairs are of
one fold too: the AUC of a source is the mean of those of its folds, weighted in the same way.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from hilum.scores.bootstrap import Estimate, bootstrap_weights, interval_of
from hilum.scores.classification import UNDEFINED, Labelled, restrict
from hilum.scores.ranking import weighted_auc

__all__ = ["FEWEST_GROUPS", "within_source_block"]

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Texts = npt.NDArray[np.object_]

FEWEST_GROUPS = 5
"""Groups that each class needs in a part: with fewer, the interval of an AUC says nothing (the
exact bound of 4 out of 4 is 0.40)."""

ONE_SOURCE_EACH = "no source holds both {positive} and another class"
TOO_FEW = "fewer than {fewest} groups of {names}"
NO_FOLD = "no fold holds both classes of it"


class _Source(NamedTuple):
    """A source that can be scored: what is known of it, and its slices, one network at a time."""

    entry: dict[str, Any]
    cells: list[Flags]


def within_source_block(
    cases: Labelled,
    source: Texts,
    *,
    fold: Texts | None = None,
    fewest: int = FEWEST_GROUPS,
) -> dict[str, Any]:
    """Return the AUC within each source and their pooled mean, for metrics.json.

    Args:
        cases: n predictions next to the truth.
        source: (n,) text, where each slice comes from.
        fold: (n,) text, the fold that tested each slice: slices of two folds were scored by two
            networks and are not compared. None: one network scored all.
        fewest: groups that each class needs for a source to be scored.

    Returns:
        `pooled`: a metric with its interval over groups, undefined where no source can be scored;
        `sources`: one entry a source that holds both classes: source, n, groups, positives,
        negatives (groups of each class) and `auc`; a source with too few groups has an undefined
        `auc` that says so. `one_class`: the sources that hold one class only. `sentence`: the same
        in words.
    """
    entries, scored, one_class = [], [], []
    for name in sorted(set(source)):
        inside = source == name
        part = restrict(cases, inside)
        if part.is_positive.all() or not part.is_positive.any():
            one_class.append(str(name))
            continue
        entry = _counts(str(name), part)
        cells = _cells(cases, inside, fold)
        note = _few(cases, entry, fewest) or ("" if cells else NO_FOLD)
        if note:
            entry["auc"] = Estimate(None, None, None, "bootstrap", note).as_json()
        else:
            scored.append(_Source(entry, cells))
        entries.append(entry)
    pooled = _scored(cases, scored, one_class=not entries).as_json()
    block = {"pooled": pooled, "sources": entries, "one_class": one_class}
    return {**block, "sentence": _sentence(block, list(cases.class_names))}


def _cells(cases: Labelled, inside: Flags, fold: Texts | None) -> list[Flags]:
    """Return the slices of a source that one network scored and that hold both classes."""
    if fold is None:
        return [inside]
    cells = [inside & (fold == name) for name in sorted(set(fold[inside]))]
    truth = cases.is_positive
    return [cell for cell in cells if truth[cell].any() and not truth[cell].all()]


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


def _few(cases: Labelled, entry: dict[str, Any], fewest: int) -> str:
    """Say which class of a source has too few groups; "" where none has."""
    counts = ((cases.positive, entry["positives"]), ("the other classes", entry["negatives"]))
    few = [text for text, count in counts if count < fewest]
    return TOO_FEW.format(fewest=fewest, names=" and of ".join(few)) if few else ""


def _scored(cases: Labelled, scored: list[_Source], *, one_class: bool) -> Estimate:
    """Fill in the AUC of each scored source, and return their pooled mean."""
    if not scored:
        note = (
            ONE_SOURCE_EACH.format(positive=cases.positive)
            if one_class
            else "too few groups in every source that holds both classes"
        )
        return Estimate(None, None, None, "bootstrap", note)
    truth, score = cases.is_positive, cases.score
    cells = [cell for of_source in scored for cell in of_source.cells]
    positives = np.array([truth[cell].sum() for cell in cells], dtype=np.float64)
    owner = np.repeat(np.arange(len(scored)), [len(of_source.cells) for of_source in scored])
    weight = np.bincount(owner, positives) / positives.sum()
    share = np.zeros((len(cells), len(scored)))
    share[np.arange(len(cells)), owner] = positives / np.bincount(owner, positives)[owner]

    def under(weights: Floats) -> Floats:
        """Return the AUC of each source under each row of case weights, (draws, sources)."""
        areas = [weighted_auc(truth[i], score[i], weights[:, i]) for i in cells]
        return np.stack(areas, axis=1) @ share

    value = under(np.ones((1, len(truth))))[0]
    strata = _strata(cases.label, cells)
    draws = np.concatenate([under(w) for w in bootstrap_weights(cases.group, strata)])
    smaller = [min(of.entry["positives"], of.entry["negatives"]) for of in scored]
    for column, of_source in enumerate(scored):
        estimate = interval_of(
            float(value[column]), draws[:, column], groups=smaller[column],
            undefined=UNDEFINED["auc"],
        )  # fmt: skip
        of_source.entry["auc"] = estimate.as_json()
    return interval_of(
        float(value @ weight), draws @ weight, groups=sum(smaller), undefined=UNDEFINED["auc"]
    )


def _strata(label: Texts, cells: list[Flags]) -> Texts:
    """Return label and cell of each case: groups are drawn among those of the same ones.

    So no cell comes out empty in a draw.
    """
    numbers = np.full(len(label), -1, dtype=np.int64)
    for number, cell in enumerate(cells):
        numbers[cell] = number
    pairs = zip(label, numbers, strict=True)
    return np.array([f"{name}\0{number}" for name, number in pairs], dtype=object)


def _sentence(block: dict[str, Any], class_names: list[str]) -> str:
    """Say the pooled AUC and what it rests on, or why there is none."""
    pooled, start = block["pooled"], "AUC within a source"
    scored = [entry["source"] for entry in block["sources"] if entry["auc"]["value"] is not None]
    if not block["sources"] and len(class_names) == 2:
        return f"{start}: none: every source holds one class."
    if pooled["value"] is None:
        return f"{start}: none: {pooled['note']}."
    alone = len(block["one_class"])
    verb = "holds" if alone == 1 else "hold"
    rest = f"; {', '.join(block['one_class'])} {verb} one class" if alone else ""
    return (
        f"{start}: {pooled['value']:.3f} [{pooled['low']:.3f}, {pooled['high']:.3f}], within "
        f"{', '.join(scored)}{rest}."
    )
