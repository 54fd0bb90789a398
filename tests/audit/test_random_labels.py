"""What an AUC on random labels means, in words and in a level."""

from __future__ import annotations

from typing import Any

import pytest

from hilum.audit import LEAKS, random_labels_concern

ANOTHER = (
    "A 95 % interval misses 0.5 by chance one time in twenty, more often with few groups; try "
    "another --seed."
)


def figure(value: float | None, low: float | None, high: float | None) -> dict[str, Any]:
    return {"value": value, "low": low, "high": high, "method": "bootstrap"}


@pytest.mark.parametrize(
    ("ends", "shared_groups", "level", "words"),
    [
        ((0.48, 0.4, 0.56), 0, "holds", "0.480 [0.400, 0.560]: the interval contains 0.5, as it"),
        ((0.5, 0.5, 0.5), 0, "holds", "the interval contains 0.5"),
        ((0.7, 0.6, 0.8), 0, LEAKS, "lies above 0.5 though no group is in more than one split"),
        ((0.3, 0.2, 0.4), 0, LEAKS, "lies below 0.5 though no group is in more than one split"),
        ((0.9, 0.85, 0.95), 7, "shows", "everything above 0.5 is the leak"),
        ((0.55, 0.45, 0.65), 7, "unseen", "this training did not recognise them"),
        ((0.3, 0.2, 0.4), 7, "unseen", "this training did not recognise them"),
    ],
)
def test_level_and_sentence_follow_from_interval_and_split(
    ends: tuple[float, float, float], shared_groups: int, level: str, words: str
) -> None:
    concern = random_labels_concern(figure(*ends), shared_groups=shared_groups)
    assert concern.level == level
    assert concern.sentence.startswith(f"With random labels the test AUC is {ends[0]:.3f} [")
    assert words in concern.sentence
    assert concern.sentence.endswith(ANOTHER) == (not shared_groups)
    assert concern.as_json()["groups_in_several_splits"] == shared_groups


def test_no_auc_is_no_verdict() -> None:
    undefined = {**figure(None, None, None), "note": "only one class is there"}
    concern = random_labels_concern(undefined, shared_groups=0)
    assert concern.level == "undefined"
    assert concern.sentence == "With random labels there is no AUC: only one class is there."
