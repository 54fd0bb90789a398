"""Pictures of maps: which slices are shown, on which common scale."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from hilum.cam_maps import LOGITS, MapsFacts
from hilum.steps.explain.pictures import SHOWN, SMALLEST_TOP, _choose, _scale


def index_of(*rows: tuple[str, str, str, float]) -> pd.DataFrame:
    """Return an index of slices: label, predicted, group, probability of the predicted class."""
    return pd.DataFrame(
        [
            {
                "label": label, "predicted": predicted, "group": group,
                "probability_cancer": p if predicted == "cancer" else 1 - p,
                "probability_pneumonia": 1 - p if predicted == "cancer" else p,
            }
            for label, predicted, group, p in rows
        ]
    )  # fmt: skip


def test_confident_uncertain_and_wrong_slices_are_told_apart() -> None:
    chosen = _choose(
        index_of(
            *[("cancer", "cancer", f"c{n}", 0.99 - n / 100) for n in range(5)],
            ("cancer", "cancer", "u1", 0.52),
            ("pneumonia", "pneumonia", "u2", 0.51),
            ("cancer", "pneumonia", "w1", 0.7),
            ("pneumonia", "cancer", "w2", 0.9),
        )
    )
    assert chosen["wrong"] == [8, 7]  # the most confident first
    assert chosen["sure"] == [0, 6, 1, 2]  # labels in turn, each from its most confident
    assert chosen["unsure"] == [5, 4, 3]
    assert all(len(rows) <= SHOWN for rows in chosen.values())


def test_no_group_is_shown_twice_of_a_kind() -> None:
    chosen = _choose(
        index_of(*[("cancer", "cancer", f"g{n // 3}", 0.9 - n / 100) for n in range(9)])
    )
    assert chosen["sure"] == [0, 3, 6]


def facts(unit: str) -> MapsFacts:
    return MapsFacts(
        "gradcam", "Grad-CAM", "last", "", ("conv",), "cancer", unit, "test", "run", "float32",
        (0.0, 0.0), False, "0.1.0",
    )  # fmt: skip


def scale_of(largest: list[float], states: list[str], *, unit: str, side: int = 7) -> Any:
    index = pd.DataFrame({"largest": largest, "state": states})
    return _scale(index, {"a": np.zeros((side, side), np.float32)}, facts(unit))


def test_the_scale_ends_where_all_but_the_highest_maps_do() -> None:
    largest = [float(n) for n in range(1, 101)]
    assert scale_of(largest, ["ok"] * 100, unit="x").top == pytest.approx(95.05)


def test_maps_that_explain_next_to_nothing_stay_pale() -> None:
    pale = scale_of([0.001, 0.002], ["ok", "ok"], unit=LOGITS)
    assert pale.top == pytest.approx(SMALLEST_TOP / 49)
    assert scale_of([0.001], ["ok"], unit="another").top == pytest.approx(0.001)


def test_zero_and_infinite_maps_have_no_part_in_the_scale() -> None:
    found = scale_of([np.inf, 0.0, 3.0], ["not finite", "zero map", "ok"], unit="x")
    assert found.top == 3.0
    assert scale_of([0.0], ["zero map"], unit="x").top == 0.0
