"""Operating points, by hand; ties, missing classes, equal probabilities."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_curve

from hilum.scores import Labelled, call_at, choose_thresholds, exact_bound, thresholds_block

NAMES = ["0.5", "youden", "sensitivity-0.95", "sensitivity-1.00"]


def cases(score: list[float], labels: str, groups: str = "") -> Labelled:
    """Slices of two classes, c the positive one; each a group of its own if not named."""
    label = np.array(list(labels), dtype=object)
    group = np.array(list(groups) or [f"g{i}" for i in range(len(label))], dtype=object)
    cancer = np.array(score, dtype=np.float64)
    return Labelled(group, label, label, np.stack([cancer, 1 - cancer], 1), ["c", "p"], "c")


def values(score: list[float], labels: str) -> dict[str, float | None]:
    return {name: cut.threshold for name, cut in choose_thresholds(cases(score, labels)).items()}


def test_points_by_hand_lie_midway_between_neighbours() -> None:
    found = values([0.1, 0.2, 0.3, 0.6, 0.7, 0.9], "ppcpcc")
    # 0.65 finds 2 of 3 with no false call, 0.25 all 3 with one: both have Youden's index 2/3.
    assert found == {
        "0.5": 0.5, "youden": 0.25, "sensitivity-0.95": 0.25, "sensitivity-1.00": 0.25,
    }  # fmt: skip
    assert values([0.1, 0.2, 0.3, 0.6, 0.7, 0.9], "pppcpc")["youden"] == 0.45


def test_where_the_classes_are_apart_the_cut_is_in_the_middle_of_the_gap() -> None:
    found = values([0.001, 0.0461, 0.99696, 0.9999], "ppcc")
    assert found["youden"] == found["sensitivity-1.00"] == 0.522


def test_nineteen_of_twenty_are_95_per_cent_exactly() -> None:
    score = [*np.linspace(0.5, 0.69, 20), 0.1]
    found = values(score, "c" * 20 + "p")
    assert found["sensitivity-0.95"] == 0.505  # misses the lowest one
    assert found["sensitivity-1.00"] == 0.3
    assert values(score[1:], "c" * 19 + "p")["sensitivity-0.95"] == 0.305  # 18 of 19 are too few


def test_equal_probabilities_of_both_classes_are_not_parted() -> None:
    found = values([0.2, 0.4, 0.4, 0.4, 0.8], "ppcpc")
    assert found["sensitivity-1.00"] == 0.3
    assert found["youden"] == 0.6  # 1/2 - 0 is more than 1 - 2/3


def test_neighbours_that_no_short_number_parts_are_parted_exactly() -> None:
    low = 0.7
    high = float(np.nextafter(low, 1))
    assert values([low, high], "pc")["youden"] == high


def test_a_positive_at_the_bottom_has_a_cut_below_it() -> None:
    found = values([0.2, 0.4, 0.9], "cpc")
    assert found["sensitivity-1.00"] == 0.1
    assert values([0.0, 0.4, 0.9], "cpc")["sensitivity-1.00"] == 0.0


@pytest.mark.parametrize(
    ("score", "labels", "name", "note"),
    [
        ([0.1, 0.9], "pp", "youden", "there is no positive validation slice"),
        ([0.1, 0.9], "pp", "sensitivity-0.95", "there is no positive validation slice"),
        ([0.1, 0.9], "cc", "youden", "there is no negative validation slice"),
        ([0.4, 0.4], "cp", "sensitivity-1.00", "all validation slices got the same probability"),
        ([0.4, 0.4], "cp", "youden", "all validation slices got the same probability"),
        (
            [0.1, 0.9],
            "cp",
            "youden",
            "no threshold does better on validation than predicting every slice positive",
        ),
    ],
)
def test_what_is_not_defined_says_why(
    score: list[float], labels: str, name: str, note: str
) -> None:
    cut = choose_thresholds(cases(score, labels))[name]
    assert cut.threshold is None
    assert cut.note.startswith(note)


def test_all_found_on_validation_promises_the_exact_bound_of_the_positive_groups() -> None:
    some = cases([0.9, 0.8, 0.7, 0.2], "cccp", groups="aabz")
    note = choose_thresholds(some)["sensitivity-1.00"].note
    assert exact_bound(2) == pytest.approx(0.1581, abs=1e-4)
    assert note == (
        "It finds every validation slice of 2 c groups; of new groups, as few as 15.8 % may be "
        "found completely."
    )


def test_from_the_threshold_on_and_else_the_best_of_the_rest() -> None:
    probabilities = np.array([[0.3, 0.6, 0.1], [0.29, 0.31, 0.4], [0.9, 0.05, 0.05]])
    names = ["c", "p", "n"]
    called = call_at(probabilities, 0.3, class_names=names, positive="c")
    assert called.tolist() == ["c", "n", "c"]
    called = call_at(probabilities, 0.95, class_names=names, positive="c")
    assert called.tolist() == ["p", "n", "p"]
    called = call_at(probabilities, 0.35, class_names=["p", "c", "n"], positive="c")
    assert called.tolist() == ["c", "n", "p"]


def test_a_block_by_hand() -> None:
    validation = cases([0.1, 0.3, 0.6, 0.9], "ppcc")
    test = cases([0.1, 0.46, 0.44, 0.9], "ppcc", groups="abcc")
    content = thresholds_block({"validation": validation, "test": test})
    assert content["chosen_on"] == "validation"
    assert list(content["points"]) == NAMES
    youden = content["points"]["youden"]
    assert youden["threshold"] == 0.45
    per_slice = youden["test"]["per_slice"]
    assert per_slice.pop("confusion") == [[1, 1], [1, 1]]
    assert {name: estimate["value"] for name, estimate in per_slice.items()} == {
        "accuracy": 0.5, "precision": 0.5, "recall": 0.5, "specificity": 0.5, "f1": 0.5,
        "npv": 0.5, "balanced_accuracy": 0.5, "mcc": 0.0, "lr_positive": 1.0, "lr_negative": 1.0,
    }  # fmt: skip
    assert youden["validation"]["per_slice"]["confusion"] == [[2, 0], [0, 2]]
    per_group = youden["test"]["per_group"]
    assert (per_group["recall"]["value"], per_group["specificity"]["value"]) == (1.0, 0.5)
    assert youden["validation"]["per_slice"]["recall"]["value"] == 1.0
    assert youden["validation"]["per_slice"]["recall"]["low"] == round(exact_bound(2), 6)


def test_what_is_not_defined_has_no_figures() -> None:
    one = cases([0.1, 0.9], "pp")
    point = thresholds_block({"validation": one, "test": one})["points"]["youden"]
    assert point == {"threshold": None, "note": "there is no positive validation slice"}


def test_without_validation_only_one_half_is_left() -> None:
    content = thresholds_block({"test": cases([0.1, 0.9], "pc")})
    assert content["chosen_on"] is None
    assert list(content["points"]) == ["0.5"]
    assert set(content["points"]["0.5"]) == {"threshold", "test"}


@given(st.lists(st.tuples(st.integers(0, 12), st.booleans()), min_size=2, max_size=40))
def test_points_keep_what_they_promise_on_validation(drawn: list[tuple[int, bool]]) -> None:
    truth = np.array([positive for _, positive in drawn])
    score = [number / 12 for number, _ in drawn]
    if truth.all() or not truth.any():
        return
    some = cases(score, "".join(np.where(truth, "c", "p")))
    points = choose_thresholds(some)
    for name, share in (("sensitivity-0.95", 0.95), ("sensitivity-1.00", 1.0)):
        cut = points[name].threshold
        if cut is None:
            assert len(set(score)) == 1
            continue
        recall = (some.score[truth] >= cut).mean()
        assert recall >= share
        above = sorted(value for value in set(score) if value >= cut)[1:]
        assert not above or (some.score[truth] >= above[0]).mean() < share
    false, true, _ = roc_curve(truth, some.score)
    best, cut = float((true - false).max()), points["youden"].threshold
    if cut is not None:
        reached = (some.score[truth] >= cut).mean() - (some.score[~truth] >= cut).mean()
        assert reached == pytest.approx(best)
    else:
        assert best == pytest.approx(0.0)
