"""Probes: how far what knows no disease, or next to nothing of it, tells the classes apart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from hilum.audit.border import border_features, probe_border
from hilum.audit.concern import Concern
from hilum.prepare import Pictures
from hilum.scores import bootstrap_weights, difference_of, interval_of, weighted_auc

__all__ = [
    "BLIND",
    "PROBES",
    "auc_figures",
    "cross_probe",
    "gain_figure",
    "histogram_features",
    "picture_features",
    "probes_concern",
    "thumbnail_features",
]

Floats = npt.NDArray[np.float64]
Features = npt.NDArray[np.float32]
Names = npt.NDArray[np.object_]
Flags = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.int64]

PROBES = {
    "file": "the facts of the file",
    "border": "the outermost 8 pixels",
    "thumbnail": "a picture of 8 x 8 pixels",
    "histogram": "the grey levels without their places",
}
BLIND = ("file", "border")
"""Probes that can't see a lesion at all: above chance, they have found the source. The other two
see little of one, and may rightly tell a disease that darkens or brightens much of the lungs."""
CHANCE = 0.5
THUMBNAIL, BINS = 8, 64
AT_A_TIME = 128
ONE_CLASS = "only one class is there"


def picture_features(grey: Pictures) -> dict[str, Features]:
    """Return the features of the probes that look at pictures (n, size, size) uint8."""
    return {
        "border": border_features(grey),
        "thumbnail": _in_pieces(grey, thumbnail_features),
        "histogram": _in_pieces(grey, histogram_features),
    }


def thumbnail_features(grey: npt.NDArray[np.uint8]) -> Features:
    """Return the (n, 64) mean grey levels of 8 x 8 blocks of (n, size, size) uint8."""
    side = (THUMBNAIL, THUMBNAIL)
    return np.stack(
        [
            cv2.resize(one.astype(np.float32), side, interpolation=cv2.INTER_AREA).ravel()
            for one in grey
        ]
    ).astype(np.float32)


def histogram_features(grey: npt.NDArray[np.uint8]) -> Features:
    """Return the (n, 64) shares of 64 grey-level bins of (n, size, size) uint8."""
    counts = [np.bincount(one.ravel() // (256 // BINS), minlength=BINS) for one in grey]
    shares: Features = (np.stack(counts) / grey[0].size).astype(np.float32)
    return shares


def _in_pieces(grey: Pictures, make: Any) -> Features:
    return np.concatenate(
        [make(grey[first : first + AT_A_TIME]) for first in range(0, len(grey), AT_A_TIME)]
    )


def cross_probe(features: Features, labels: Names, folds: Codes, positive: str) -> Floats:
    """Return (n,) the probability of the positive class, each slice by the other folds' probe."""
    names = sorted(set(labels))
    scores = np.zeros(len(labels))
    for fold in np.unique(folds):
        out = folds == fold
        probabilities = probe_border(features[~out], labels[~out], features[out], names)
        scores[out] = probabilities[:, names.index(positive)]
    return scores


def auc_figures(
    truth: Flags, scores: Mapping[str, Floats], groups: Names
) -> dict[str, dict[str, Any]]:
    """Return the AUC of each score with its interval over groups, as JSON.

    All scores are of the same slices, so that one draw of groups serves them all.
    """
    unweighted = np.ones((1, len(truth)))
    drawn: dict[str, list[Floats]] = {name: [] for name in scores}
    for weights in bootstrap_weights(groups, _strata(truth)):
        for name, score in scores.items():
            drawn[name].append(weighted_auc(truth, score, weights))
    behind = _behind(truth, groups)
    return {
        name: interval_of(
            float(weighted_auc(truth, score, unweighted)[0]), np.concatenate(drawn[name]),
            groups=behind, undefined=ONE_CLASS,
        ).as_json()
        for name, score in scores.items()
    }  # fmt: skip


def gain_figure(truth: Flags, score: Floats, probe: Floats, groups: Names) -> dict[str, Any]:
    """Return the AUC of a score less that of a probe on the same slices, with its interval."""
    unweighted = np.ones((1, len(truth)))
    value = weighted_auc(truth, score, unweighted) - weighted_auc(truth, probe, unweighted)
    draws = np.concatenate(
        [
            weighted_auc(truth, score, w) - weighted_auc(truth, probe, w)
            for w in bootstrap_weights(groups, _strata(truth))
        ]
    )
    behind = _behind(truth, groups)
    return difference_of(float(value[0]), draws, groups=behind, undefined=ONE_CLASS).as_json()


def _strata(truth: Flags) -> Names:
    """Return the classes as names, within which groups are drawn."""
    return np.where(truth, "positive", "other").astype(object)


def _behind(truth: Flags, groups: Names) -> int:
    return min(len(set(groups[truth])), len(set(groups[~truth])))


def probes_concern(
    probes: Mapping[str, Mapping[str, Any]],
    headline: Mapping[str, Any],
    gain: Mapping[str, Any],
    *,
    strongest: str,
    of: str,
) -> Concern:
    """Return what the probes reach, next to a headline AUC.

    Args:
        probes: name in PROBES -> AUC (value, low, high).
        headline, gain: the AUC that the probes stand beside, and how far it is above the strongest.
        strongest: which probe that is.
        of: whose headline it is, such as "frozen features" or "the run".

    Returns:
        level `blind` (a probe that sees no lesion is above chance), `close` (none is, but the
        headline isn't clearly above the strongest probe), `ahead`, or `undefined`.
    """
    numbers = {
        "strongest": strongest, "auc": dict(probes), "headline": dict(headline), "of": of,
        "gain": dict(gain),
    }  # fmt: skip
    if headline["value"] is None or probes[strongest]["value"] is None:
        return Concern("probes", "undefined", "No probe has an AUC: there is one class.", numbers)
    reached = (
        f"{of} reaches AUC {_text(headline)}; the strongest probe, {PROBES[strongest]}, "
        f"{_text(probes[strongest])}: a gain of {_text(gain, sign='+')}."
    )
    reached = reached[0].upper() + reached[1:]
    blind = [name for name in BLIND if name in probes and probes[name]["low"] > CHANCE]
    if blind:
        listed = " and ".join(f"{PROBES[name]} ({_text(probes[name])})" for name in blind)
        return Concern(
            "probes", "blind",
            f"{reached} Probes that cannot see a lesion separate the classes: {listed}.", numbers,
        )  # fmt: skip
    if gain["high"] < 0:
        return Concern(
            "probes", "close",
            f"{reached} So it is worse than a probe; but no probe that is blind to lesions is "
            "above chance.", numbers,
        )  # fmt: skip
    if gain["low"] <= 0:
        return Concern(
            "probes", "close",
            f"{reached} That gain may be none, but no probe that is blind to lesions is above "
            "chance.", numbers,
        )  # fmt: skip
    return Concern("probes", "ahead", reached, numbers)


def _text(figure: Mapping[str, Any], *, sign: str = "") -> str:
    value, low, high = (format(figure[key], f"{sign}.3f") for key in ("value", "low", "high"))
    return f"{value} [{low}, {high}]".replace("-", "\u2212")
