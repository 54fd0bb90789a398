"""How slices are joined is chosen on validation series, and metrics are per series."""

from __future__ import annotations

import numpy as np
import pytest

from hilum.scores import Labelled
from hilum.scores.series.choice import SeriesCases, choose_joining, join_series, series_block
from hilum.scores.series.joining import Joining, known_joining

NAMES = ["cancer", "pneumonia"]


def cases(scores: list[list[float]], positive: list[bool]) -> SeriesCases:
    """Return series of the given slices' scores, each a group of its own."""
    flat = np.concatenate([np.array(one, dtype=float) for one in scores])
    numbers = np.concatenate([[n] * len(one) for n, one in enumerate(scores)])
    label = np.array([NAMES[0] if positive[n] else NAMES[1] for n in numbers], dtype=object)
    group = np.array([f"p{n}" for n in numbers], dtype=object)
    probabilities = np.stack([flat, 1 - flat], axis=1)
    predicted = np.array(NAMES, dtype=object)[probabilities.argmax(axis=1)]
    slices = Labelled(group, label, predicted, probabilities, NAMES, "cancer")
    return SeriesCases(slices, np.array([f"1.2.{n}" for n in numbers], dtype=object))


def small_lesions(count: int = 8) -> SeriesCases:
    """Return positives of two high slices among low ones, and negatives that are middling, with one
    single high slice: neither the mean nor the maximum tells them apart."""
    rng = np.random.default_rng(0)
    found, positive = [], []
    for number in range(2 * count):
        is_positive = number % 2 == 0
        base = rng.uniform(0.0, 0.1, 18) if is_positive else rng.uniform(0.3, 0.4, 19)
        high = rng.uniform(0.8, 0.9, 2) if is_positive else np.array([0.97])
        found.append([*base, *high])
        positive.append(is_positive)
    return cases(found, positive)


@pytest.mark.parametrize(
    ("joining", "expected"),
    [
        (Joining(), 0.5), (Joining("top-k mean", 2), 0.7), (Joining("maximum"), 0.9),
        (Joining("top-k mean", 9), 0.5),
    ],
)  # fmt: skip
def test_each_way_joins_as_its_name_says(joining: Joining, expected: float) -> None:
    rows = np.array([[0.1, 0.9], [0.9, 0.1], [0.5, 0.5]])
    joined = joining.join(rows, 0)
    assert joined == pytest.approx([expected, 1 - expected])


def test_the_way_with_the_highest_auc_on_validation_series_is_chosen_and_k_stated() -> None:
    choice = choose_joining(small_lesions())
    assert choice.joining == Joining("top-k mean", 2)
    by_way = {(one["way"], one["k"]): one["auc"] for one in choice.candidates}
    assert by_way[("top-k mean", 2)] == 1
    assert by_way[("mean", None)] == 0
    assert by_way[("maximum", None)] == 0
    assert choice.note == "Chosen on 16 validation series of 16 groups by AUC."


def test_of_equal_ways_the_one_that_rests_on_most_slices_is_taken() -> None:
    found = [[0.8, 0.9, 0.7], [0.1, 0.2, 0.3]] * 6
    assert choose_joining(cases(found, [True, False] * 6)).joining == Joining()


def test_too_few_series_choose_nothing() -> None:
    choice = choose_joining(small_lesions(4))
    assert choice.joining == Joining()
    assert choice.note.startswith("There are only 4 validation series of one kind")
    assert choose_joining(None).note == "There are no validation series; the mean is taken."
    single = cases([[0.5]] * 12, [True, False] * 6)
    assert choose_joining(single).note.startswith("Each validation series has one slice")


def test_a_series_is_positive_if_any_slice_is_and_keeps_its_group() -> None:
    mixed = small_lesions(1)
    mixed.slices.label[:] = "pneumonia"
    mixed.slices.label[3] = "cancer"
    joined = join_series(mixed, Joining())
    assert joined.label.tolist() == ["cancer", "pneumonia"]
    assert joined.group.tolist() == ["p0", "p1"]


def test_the_block_scores_series_with_intervals_by_group() -> None:
    block = series_block(
        {"validation": small_lesions(), "test": small_lesions(10)}, unit="series_instance_uid"
    )
    assert block["unit"] == "series_instance_uid"
    assert block["joining"] == {"way": "top-k mean", "k": 2}
    assert (
        block["sentence"]
        == "Slices of a series are joined by the mean of the 2 highest lung slices."
    )
    test = block["splits"]["test"]
    assert (test["n"], test["groups"], test["figures"]["auc"]["value"]) == (20, 20, 1)
    assert {"low", "high"} <= set(test["figures"]["accuracy"])
    assert 0.3 < block["thresholds"]["youden"] < 0.9


@pytest.mark.parametrize(
    "content",
    [None, 3, {}, {"way": "median"}, {"way": "top-k mean"}, {"way": "top-k mean", "k": True}],
)
def test_nonsense_in_network_json_is_no_joining(content: object) -> None:
    assert known_joining(content) is None


def test_a_joining_survives_network_json() -> None:
    for joining in (Joining(), Joining("top-k mean", 5), Joining("maximum")):
        assert known_joining(joining.as_json()) == joining
