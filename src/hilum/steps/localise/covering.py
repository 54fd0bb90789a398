"""Covering: how much of a run's AUC is left where lesions are covered with plain lung?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from hilum.engines.answer import mean_probabilities
from hilum.learn.predict import Member
from hilum.learn.robust.stock import lesion_picture
from hilum.prepare import Decoded, decode_sizes
from hilum.prepare.crossing import (
    Anatomy,
    anatomy_of,
    cover_plain_lung,
    on_tissue,
    remove_lesion,
)
from hilum.prepare.harmonise import TISSUE
from hilum.prepare.lesions import has_lesion
from hilum.prepare.lungs import lungs_mask
from hilum.progress import Progress
from hilum.run.network import NetworkFacts
from hilum.scores.bootstrap import Estimate, bootstrap_weights, difference_of, interval_of
from hilum.scores.ranking import auc, weighted_auc
from hilum.table import SliceTable

__all__ = ["SENTENCES", "cover_lesions", "level_of"]

SEED = 0
MATTERS = 0.05
"""A fall of the AUC from which lesions are said to count."""
AS_IT_IS, COVERED, CONTROL, OTHER = "as it is", "covered", "control", "other"
"""Kinds of slices: with a lesion; the same, the lesion covered; the same, plain lung covered;
those that they are ranked against."""
AUCS = {"auc": AS_IT_IS, "auc_covered": COVERED, "auc_control": CONTROL}
"""Key in localisation.json -> the kind that is ranked against the others."""

Grey = npt.NDArray[np.uint8]
Scores = npt.NDArray[np.float64]


def cover_lesions(
    members: Sequence[Member],
    table: SliceTable,
    full_table: SliceTable,
    *,
    facts: NetworkFacts,
    healthy: str,
    progress: Progress,
) -> dict[str, Any] | None:
    """Return how much of a run's AUC is left where the lesions of its slices are covered.

    Each slice of the positive class with a box or a mask is seen three times: as it is; its lesion
    covered with plain lung of the same slice (`hilum.prepare.crossing.remove_lesion`); and, as a
    control, as much plain lung covered elsewhere. Patient, height and scanner stay, so that a
    network that ranks by them has the same AUC all three times.

    Args:
        members: networks of the run, whose probabilities are averaged.
        table: slices to compare.
        full_table: all slices of the run.
        facts: of the run's networks.
        healthy: class of slices without disease. The AUC is against its slices, where there are
            any, else against those of all other classes.
        progress: receives the number of slices.

    Returns:
        `n` slices of `groups`, `left_out` (no lung around the lesion, or nothing covers it), the
        classes `against` which they are ranked, AUCs with intervals over groups, the `fall` of the
        first to the second, paired, `level` (falls, stays, unclear) and `sentence`; None where no
        lesion can be covered or there is nothing to rank against.
    """
    labels = table.rows["label"]
    others = sorted({*labels} - {facts.positive})
    against = [healthy] if healthy in others else others
    chosen = table.where(
        (has_lesion(table.rows) & (labels == facts.positive)) | labels.isin(against)
    )
    scores: dict[str, list[float]] = {kind: [] for kind in (AS_IT_IS, COVERED, CONTROL, OTHER)}
    groups: dict[str, list[str]] = {kind: [] for kind in scores}
    positive, left_out = facts.class_names.index(facts.positive), 0
    sizes = {member.size for member in members}
    with decode_sizes(chosen, sizes, full_table=full_table, progress=progress) as decoded:
        for row, (label, group) in enumerate(
            zip(chosen.rows["label"], chosen.rows["group"], strict=True)
        ):
            progress.advance("covering lesions", row + 1, len(chosen))
            grey = {size: np.asarray(one.grey[row : row + 1][0]) for size, one in decoded.items()}
            views = _views(chosen, decoded, row, grey) if label == facts.positive else {OTHER: grey}
            left_out += not views
            if views:
                batch = {size: np.stack([view[size] for view in views.values()]) for size in sizes}
                for kind, found in zip(views, mean_probabilities(members, batch), strict=True):
                    scores[kind].append(float(found[positive]))
                    groups[kind].append(str(group))
    if not (scores[AS_IT_IS] and scores[OTHER]):
        return None
    facts_of_all = {
        "n": len(scores[AS_IT_IS]),
        "groups": len(set(groups[AS_IT_IS])),
        "left_out": left_out,
        "against": against,
    }
    return {**facts_of_all, **_figures(scores, groups)}


def _views(
    table: SliceTable, decoded: Mapping[int, Decoded], row: int, pictures: Mapping[int, Grey]
) -> dict[str, dict[int, Grey]]:
    """Return a slice as it is, and covered two ways, at every size; empty where it can't be."""
    views: dict[str, dict[int, Grey]] = {AS_IT_IS: {}, COVERED: {}, CONTROL: {}}
    for size, grey in pictures.items():
        lesion, plain = lesion_picture(table, decoded[size], row), on_tissue(grey, TISSUE)
        found = anatomy_of(plain, lungs_mask(plain))
        if found is None:
            return {}
        anatomy = Anatomy(grey, found.lungs, found.lung_level, found.tissue_level)
        covered = remove_lesion(anatomy, lesion, np.random.default_rng([SEED, row]))
        control = cover_plain_lung(anatomy, lesion, lesion, np.random.default_rng([SEED, row]))
        if covered is None or control is None:
            return {}
        views[AS_IT_IS][size] = grey
        views[COVERED][size], views[CONTROL][size] = covered.grey, control.grey
    return views


def _figures(scores: Mapping[str, list[float]], groups: Mapping[str, list[str]]) -> dict[str, Any]:
    """Return AUCs, the fall from the first to the second, and what they mean."""
    first = np.arange(len(scores[AS_IT_IS]) + len(scores[OTHER])) < len(scores[AS_IT_IS])
    names = np.array([*groups[AS_IT_IS], *groups[OTHER]], dtype=object)
    sides = np.where(first, AS_IT_IS, OTHER).astype(object)
    every = {key: np.array([*scores[kind], *scores[OTHER]]) for key, kind in AUCS.items()}
    values = {key: auc(first, score) for key, score in every.items()}
    weights = list(bootstrap_weights(names, sides))
    draws = {
        key: np.concatenate([weighted_auc(first, score, some) for some in weights])
        for key, score in every.items()
    }
    count = len(set(names.tolist()))
    found = {key: interval_of(values[key], draws[key], groups=count) for key in AUCS}
    fall = difference_of(
        values["auc"] - values["auc_covered"], draws["auc"] - draws["auc_covered"], groups=count
    )
    level = level_of(fall)
    words = {
        "auc": f"{values['auc']:.2f}",
        "left": f"{values['auc_covered']:.2f}",
        "fall": f"{values['auc'] - values['auc_covered']:.2f}",
        "interval": f"{fall.low:.2f} to {fall.high:.2f}",
        "n": len(scores[AS_IT_IS]),
    }
    return {
        **{key: estimate.as_json() for key, estimate in found.items()},
        "fall": fall.as_json(),
        "level": level,
        "sentence": SENTENCES[level].format(**words).replace("-", "\N{MINUS SIGN}"),
    }


def level_of(fall: Estimate) -> str:
    """Return whether an AUC falls where lesions are covered."""
    assert fall.value is not None and fall.low is not None and fall.high is not None
    if fall.high < MATTERS:
        return "stays"
    return "falls" if fall.low > 0 and fall.value >= MATTERS else "unclear"


SENTENCES = {
    "falls": "Of an AUC of {auc}, {left} is left where lesions are covered with plain lung of the "
    "same slice: it falls by {fall} ({interval}) in {n} slices.",
    "unclear": "Whether the AUC of {auc} rests on the lesions is not clear: {left} is left where "
    "they are covered with plain lung of the same slice; it falls by {fall} ({interval}) in {n} "
    "slices.",
    "stays": "The AUC of {auc} hardly rests on the lesions: {left} is left where they are covered "
    "with plain lung of the same slice; it falls by {fall} ({interval}) in {n} slices.",
}
