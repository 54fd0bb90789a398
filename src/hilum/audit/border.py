"""The border probe: how far the outermost pixels alone tell the classes apart.

No lesion lies in the outermost 8 pixels of a slice. A classifier that sees nothing else and still
separates the classes has found the source; a network on the same slices may have done no more.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.ensemble import HistGradientBoostingClassifier
from threadpoolctl import threadpool_limits

from hilum.audit.concern import Concern
from hilum.prepare import Pictures
from hilum.scores import (
    Estimate,
    Labelled,
    bootstrap_weights,
    by_group,
    compute_metrics,
    difference_of,
    roc_curve,
    weighted_auc,
)

__all__ = ["PIXELS", "Features", "border_features", "probe_border", "probe_concern"]

PIXELS = 8
"""Width of the border, in pixels of the square that the network sees."""
LEVELS = 16
"""Bins of the histogram of grey levels: 16 grey levels each."""
BLOCKS = 16
"""Pieces a side is cut into; each gives its mean and its spread."""

ROUNDS, RATE = 200, 0.05
"""Trees of the probe, and the learning rate."""
SMALLEST_LEAF = 5
"""Slices in a leaf; scikit-learn's 20 would leave a set of 40 unsplit and call it chance."""
FEATURES_A_SPLIT = 0.1
"""Share of the features that a split may choose from: neighbouring pieces of a border say nearly
the same, and trees that must look elsewhere make a stronger probe."""
CHANCE, SUSPECT = 0.5, 0.65
"""AUC of a guess; and from where a probe that is not significant is no reassurance."""
BLIND = "it found nothing to split on, as where all borders are even or training slices too few"
AT_A_TIME = 128
"""Slices whose borders are in memory together."""

REMEMBERED = 8
"""Fitted probes in memory, about 1 MB each."""

_FITTED: dict[str, HistGradientBoostingClassifier] = {}

Grey = npt.NDArray[np.uint8]
Features = npt.NDArray[np.float32]


def border_features(grey: Pictures) -> Features:
    """Return (n, features) float32 of the outermost 8 pixels of (n, size, size) uint8 slices.

    The shares of 16 grey-level bins over the whole border, then mean and standard deviation of
    16 pieces of each of the four sides.
    """
    parts = [_features(grey[i : i + AT_A_TIME]) for i in range(0, len(grey), AT_A_TIME)]
    return np.concatenate(parts)


def _features(grey: Grey) -> Features:
    """Return the features of some slices."""
    sides = np.stack(
        [
            grey[:, :PIXELS, :],
            grey[:, -PIXELS:, :],
            grey[:, :, :PIXELS].transpose(0, 2, 1),
            grey[:, :, -PIXELS:].transpose(0, 2, 1),
        ],
        axis=1,
    )
    count, size = len(grey), grey.shape[1]
    bins = sides.reshape(count, -1) // (256 // LEVELS)
    bins_of_slice = bins + LEVELS * np.arange(count)[:, None]  # every slice has bins of its own
    shares = (
        np.bincount(bins_of_slice.ravel(), minlength=LEVELS * count).reshape(count, -1)
        / bins.shape[1]
    )
    length = size // BLOCKS * BLOCKS
    pieces = sides[..., :length].reshape(count, 4, PIXELS, BLOCKS, -1).astype(np.float32)
    means = pieces.mean(axis=(2, 4)).reshape(count, -1)
    spreads = pieces.std(axis=(2, 4)).reshape(count, -1)
    return np.concatenate([shares, means, spreads], axis=1).astype(np.float32)


def probe_border(
    train: Features, labels: npt.NDArray[np.object_], queried: Features, class_names: list[str]
) -> npt.NDArray[np.float64]:
    """Return class probabilities (n, classes) of slices by their border alone.

    Args:
        train, labels: `border_features` of the training slices and their (m,) class names.
        queried: `border_features` of the n slices to tell apart.
        class_names: the order of the columns returned.

    Returns:
        equal probabilities where there are not two classes to learn from.
    """
    if len(set(labels)) < 2:
        return np.full((len(queried), len(class_names)), 1 / len(class_names))
    # One thread: on busy cores scikit-learn's threads wait for each other, minutes for a second.
    with threadpool_limits(1, user_api="openmp"):
        classifier = _fitted(train, labels.astype(str))
        probability = np.asarray(classifier.predict_proba(queried))
    known = {str(name): column for column, name in enumerate(classifier.classes_)}
    absent = np.zeros(len(queried))  # a class without a training slice
    columns = [probability[:, known[name]] if name in known else absent for name in class_names]
    return np.stack(columns, axis=1)


def _fitted(train: Features, labels: npt.NDArray[np.str_]) -> HistGradientBoostingClassifier:
    """Return the classifier fitted to these slices, which is a second's work.

    Training warns with the same probe that evaluating reports, often in one process: the last few
    are remembered by a digest of what they were fitted to.
    """
    digest = sha256(f"{ROUNDS} {train.shape} {labels.dtype}".encode())
    digest.update(np.ascontiguousarray(train).tobytes())
    digest.update(np.ascontiguousarray(labels).tobytes())
    key = digest.hexdigest()
    if key not in _FITTED:
        while len(_FITTED) >= REMEMBERED:
            _FITTED.pop(next(iter(_FITTED)), None)
        classifier = HistGradientBoostingClassifier(
            max_iter=ROUNDS,
            learning_rate=RATE,
            max_features=FEATURES_A_SPLIT,
            min_samples_leaf=SMALLEST_LEAF,
            random_state=0,
        )
        _FITTED[key] = classifier.fit(train, labels)
    return _FITTED[key]


def probe_concern(network: dict[str, Labelled], probe: dict[str, Labelled]) -> Concern:
    """Return what the border alone reaches, next to the network, for each split in `probe`.

    Args:
        network, probe: split -> predictions of the same slices in the same order.
    """
    numbers: dict[str, Any] = {"pixels": PIXELS}
    blind = all(np.ptp(cases.score) == 0 for cases in probe.values())
    for split, cases in probe.items():
        numbers[split] = _blind() if blind else _probe_numbers(network[split], cases)
    estimate = numbers["test"]["auc"]
    if estimate["value"] is None:
        sentence = f"The border probe has no AUC: {estimate['note']}."
        return Concern("border", "undefined", sentence, numbers)
    gap = numbers["test"]["network_minus_border"]
    level, meaning = _meaning(estimate, gap["low"])
    reach = f"{estimate['value']:.3f} [{estimate['low']:.3f}, {estimate['high']:.3f}]"
    sentence = f"Grey levels of the outermost {PIXELS} pixels alone reach AUC {reach}: {meaning}"
    return Concern("border", level, sentence, numbers)


def _probe_numbers(network: Labelled, probe: Labelled) -> dict[str, Any]:
    """Return what the probe reaches on one split, per slice and per group, next to the network."""
    false, true = roc_curve(probe.is_positive, probe.score)
    return {
        "auc": compute_metrics(probe)["auc"].as_json(),
        "per_group": {"auc": compute_metrics(by_group(probe))["auc"].as_json()},
        "roc": {"fpr": false.round(6).tolist(), "tpr": true.round(6).tolist()},
        "network_minus_border": _difference(network, probe),
    }


def _blind() -> dict[str, Any]:
    """Return the same of a probe that had too few training slices to learn anything from."""
    undefined = Estimate(None, None, None, "bootstrap", BLIND).as_json()
    return {
        "auc": undefined,
        "per_group": {"auc": undefined},
        "network_minus_border": undefined,
    }


def _meaning(border: dict[str, Any], gap_low: float) -> tuple[str, str]:
    """Return the level and what it means, from the probe's AUC and the lower end of the gap."""
    if border["low"] <= CHANCE and border["value"] >= SUSPECT:
        return "unclear", (
            "not significant with so few groups, which is no reassurance: the border may still "
            "separate the classes."
        )
    if border["low"] <= CHANCE:
        return "chance", "not significantly better than chance."
    if gap_low <= 0:
        return "explains", (
            "the network is not significantly better than that, so its AUC is no evidence that it "
            "sees disease."
        )
    return "contributes", (
        "the border is informative about the class; only the network's lead over it can "
        "reflect disease."
    )


def _difference(network: Labelled, probe: Labelled) -> dict[str, Any]:
    """Return AUC of the network minus AUC of the border, with its interval by paired resamples."""
    truth = probe.is_positive
    ones = np.ones((1, len(truth)))
    value = weighted_auc(truth, network.score, ones) - weighted_auc(truth, probe.score, ones)
    draws = np.concatenate(
        [
            weighted_auc(truth, network.score, w) - weighted_auc(truth, probe.score, w)
            for w in bootstrap_weights(probe.group, probe.label)
        ]
    )
    groups = min(len(set(probe.group[truth])), len(set(probe.group[~truth])))
    return difference_of(float(value[0]), draws, groups=groups).as_json()
