"""Covering: how much of a run's AUC is left where lesions are covered with plain lung?"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from hilum.engines.answer import mean_probabilities
from hilum.learn.predict import Member
from hilum.learn.robust.stock import lesion_picture
from hilum.prepare import Decoded, decode_sizes
from hilum.prepare.crossing import Made, cover_plain_lung, find_anatomy, remove_lesion
from hilum.prepare.lesions import has_lesion
from hilum.progress import Progress
from hilum.run.network import NetworkFacts
from hilum.scores.bootstrap import Estimate, bootstrap_weights, difference_of, interval_of
from hilum.scores.paired import ALPHA, least_p
from hilum.scores.ranking import auc, weighted_auc
from hilum.table import SliceTable

__all__ = ["SENTENCES", "cover_lesions", "level_of"]

SEED = 0
MATTERS = 0.05
"""A fall of the AUC from which lesions are said to count."""
CHANCE = 0.5
OUTSIDE = 0.1
"""Share of a lesion outside of the lungs, where it stays in sight, at most."""
CONTROLS = 8
"""Places that are tried for the control; the one that covers most is taken."""
AS_IT_IS, COVERED, CONTROL, OTHER = "as it is", "covered", "control", "other"
"""Kinds of slices: with a lesion; the same, the lesion covered; the same, plain lung covered;
those that they are ranked against."""
AUCS = {"auc": AS_IT_IS, "auc_covered": COVERED, "auc_control": CONTROL}
"""Key in localisation.json -> the kind that is ranked against the others."""

Grey = npt.NDArray[np.uint8]


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

    Each slice of the positive class with a mask, or else boxes, is seen three times: as it is; its
    lesion covered with plain lung of the same slice (`hilum.prepare.crossing.remove_lesion`); and,
    as a control, lung covered elsewhere in the lesion's form, as far as that lies in the lungs.
    Patient, height and scanner stay, so that ranking by them gives the same AUC all three times.

    Args:
        members: networks of the run, whose probabilities are averaged.
        table: slices to compare.
        full_table: all slices of the run.
        facts: of the run's networks.
        healthy: class of slices without disease. The AUC is against its slices, where there are
            any, else against those of all other classes.
        progress: receives the number of slices.

    Returns:
        `n` slices of `groups`, `left_out` (marked ones whose lesion lies outside of the lungs, or
        that nothing covers), the classes `against` which they are ranked, AUCs with intervals over
        groups, the `fall` from `auc` to `auc_covered` and `beyond_control`, by how much that is
        more than the control's, both paired, `level` (falls, partly, stays, unclear) and
        `sentence`; without AUCs where no lesion could be covered. None where none is marked, or
        there is nothing to rank against.
    """
    labels = table.rows["label"]
    others = sorted({*labels} - {facts.positive})
    against = [healthy] if healthy in others else others
    chosen = table.where(
        (has_lesion(table.rows) & (labels == facts.positive)) | labels.isin(against)
    )
    sizes = {member.size for member in members}
    with decode_sizes(chosen, sizes, full_table=full_table, progress=progress) as decoded:
        scores, groups, left_out = _ranked(members, chosen, decoded, facts, progress)
    count = len(scores[AS_IT_IS])
    if not (count + left_out and scores[OTHER]):
        return None
    content = {
        "n": count,
        "groups": len(set(groups[AS_IT_IS])),
        "left_out": left_out,
        "against": against,
    }
    if not count:
        sentence = f"The lesions of none of {left_out} marked slices could be covered."
        return {**content, "level": "unclear", "sentence": sentence}
    return {**content, **_figures(scores, groups, which=_which(content))}


def _ranked(
    members: Sequence[Member],
    table: SliceTable,
    decoded: Mapping[int, Decoded],
    facts: NetworkFacts,
    progress: Progress,
) -> tuple[dict[str, list[float]], dict[str, list[str]], int]:
    """Return scores and groups of each kind of slices, and how many can't be covered."""
    scores: dict[str, list[float]] = {kind: [] for kind in (AS_IT_IS, COVERED, CONTROL, OTHER)}
    groups: dict[str, list[str]] = {kind: [] for kind in scores}
    positive, left_out = facts.class_names.index(facts.positive), 0
    labels, names = table.rows["label"], table.rows["group"]
    for row, (label, group) in enumerate(zip(labels, names, strict=True)):
        progress.advance("covering lesions", row + 1, len(table))
        grey = {size: np.asarray(one.grey[row : row + 1][0]) for size, one in decoded.items()}
        views = _views(table, decoded, row, grey) if label == facts.positive else {OTHER: grey}
        left_out += not views
        if views:
            batch = {size: np.stack([view[size] for view in views.values()]) for size in decoded}
            for kind, found in zip(views, mean_probabilities(members, batch), strict=True):
                scores[kind].append(float(found[positive]))
                groups[kind].append(str(group))
    return scores, groups, left_out


def _which(content: Mapping[str, Any]) -> str:
    """Return in words which slices are ranked against which."""
    count, marked = content["n"], content["n"] + content["left_out"]
    of_all = f"{count} slices" if count == marked else f"{count} of {marked} marked slices"
    *others, last = content["against"]
    return f"{of_all} against {', '.join(others) + ' and ' if others else ''}{last}"


def _views(
    table: SliceTable, decoded: Mapping[int, Decoded], row: int, pictures: Mapping[int, Grey]
) -> dict[str, dict[int, Grey]]:
    """Return a slice as it is, and covered two ways, at every size; empty where it can't be."""
    views: dict[str, dict[int, Grey]] = {AS_IT_IS: {}, COVERED: {}, CONTROL: {}}
    for size, grey in pictures.items():
        lesion, anatomy = lesion_picture(table, decoded[size], row), find_anatomy(grey)
        if anatomy is None:
            return {}
        rng = np.random.default_rng([SEED, row])
        covered, control = remove_lesion(anatomy, lesion, rng, outside=OUTSIDE), None
        if covered is not None:
            tries = [cover_plain_lung(anatomy, lesion, lesion, rng) for _ in range(CONTROLS)]
            control = max((one for one in tries if one), key=_changed(grey), default=None)
        if covered is None or control is None:
            return {}
        views[AS_IT_IS][size] = grey
        views[COVERED][size], views[CONTROL][size] = covered.grey, control.grey
    return views


def _changed(before: Grey) -> Callable[[Made], int]:
    """Return a function that counts the pixels in which a slice differs from `before`."""
    return lambda made: int(np.count_nonzero(made.grey != before))


def _figures(
    scores: Mapping[str, list[float]], groups: Mapping[str, list[str]], *, which: str
) -> dict[str, Any]:
    """Return AUCs, the fall from the first to the second, and what they mean."""
    first = np.arange(len(scores[AS_IT_IS]) + len(scores[OTHER])) < len(scores[AS_IT_IS])
    names = np.array([*groups[AS_IT_IS], *groups[OTHER]], dtype=object)
    sides = np.where(first, AS_IT_IS, OTHER).astype(object)
    every = {key: np.array([*scores[kind], *scores[OTHER]]) for key, kind in AUCS.items()}
    value = {key: auc(first, score) for key, score in every.items()}
    blocks = [  # of resamples: their weights are not kept
        [weighted_auc(first, score, weights) for score in every.values()]
        for weights in bootstrap_weights(names, sides)
    ]
    draws = dict(zip(every, np.concatenate(blocks, axis=1), strict=True))
    count = min(len(set(groups[AS_IT_IS])), len(set(groups[OTHER])))

    def minus(one: str, other: str) -> Estimate:
        return difference_of(value[one] - value[other], draws[one] - draws[other], groups=count)

    found = {key: interval_of(value[key], draws[key], groups=count) for key in AUCS}
    found["fall"] = minus("auc", "auc_covered")
    found["beyond_control"] = minus("auc_control", "auc_covered")
    # with fewer groups not even a sign test could be significant
    level = level_of(found) if least_p(count) < ALPHA else "unclear"
    fall = found["fall"]
    fell = f"{fall.value:z.2f} ({fall.low:z.2f} to {fall.high:z.2f})"
    sentence = SENTENCES[level].format(
        auc=f"{value['auc']:.2f}",
        left=f"{value['auc_covered']:.2f}",
        fall=fell.replace("-", "\N{MINUS SIGN}"),
        which=which,
    )
    return {
        **{key: estimate.as_json() for key, estimate in found.items()},
        "level": level,
        "sentence": sentence,
    }


def level_of(found: Mapping[str, Estimate]) -> str:
    """Return whether an AUC falls where lesions are covered, and whether to chance.

    Args:
        found: `auc`, `auc_covered`, `fall` and `beyond_control`, all defined.
    """
    fall, above = found["fall"].value or 0.0, _low(found["auc_covered"]) > CHANCE
    if fall >= MATTERS and min(_low(found["fall"]), _low(found["beyond_control"])) > 0:
        return "partly" if above else "falls"
    return "stays" if fall < MATTERS and above and _low(found["auc"]) > CHANCE else "unclear"


def _low(estimate: Estimate) -> float:
    return float("-inf") if estimate.low is None else estimate.low


SENTENCES = {
    "falls": "Of an AUC of {auc}, {left} is left where lesions are covered with plain lung: it "
    "falls by {fall}; {which}.",
    "partly": "Of an AUC of {auc}, {left} is left where lesions are covered with plain lung, which "
    "is still above chance: it falls by {fall}; {which}.",
    "unclear": "Whether the AUC of {auc} rests on the lesions is not clear: {left} is left where "
    "they are covered with plain lung; it falls by {fall}; {which}.",
    "stays": "The AUC of {auc} hardly rests on the lesions: {left} is left where they are covered "
    "with plain lung; it falls by {fall}; {which}.",
}
