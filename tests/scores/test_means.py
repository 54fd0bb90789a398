"""Means with intervals over groups."""

from __future__ import annotations

import numpy as np
import pytest

from hilum.scores.means import mean_estimates


def names(*given: str) -> np.ndarray:
    return np.array(given, dtype=object)


def test_slices_of_one_group_are_no_independent_cases() -> None:
    """Forty slices of four groups: the interval is that of four numbers, not of forty."""
    rng = np.random.default_rng(0)
    own = rng.normal(0, 0.2, 4)
    groups = names(*(f"g{n // 10}" for n in range(40)))
    values = np.stack([np.repeat(own, 10), rng.normal(0, 0.2, 40)], axis=1)
    few, each = mean_estimates(values, groups=groups, labels=names(*["x"] * 40))
    alone = mean_estimates(
        values[:, :1], groups=names(*map(str, range(40))), labels=names(*["x"] * 40)
    )
    assert few.value == pytest.approx(own.mean())
    assert (few.low, few.high) != (each.low, each.high)
    assert few.high - few.low > 2 * (alone[0].high - alone[0].low)


def test_equal_numbers_are_known_no_better_than_their_groups_allow() -> None:
    (figure,) = mean_estimates(
        np.full((10, 1), 0.3), groups=names(*map(str, range(10))), labels=names(*["x"] * 10)
    )
    reach = 1 - 0.025 ** (1 / 10)
    assert figure.method == "exact"
    assert (figure.low, figure.high) == pytest.approx((0.3 - reach, 0.3 + reach))
    (top,) = mean_estimates(np.ones((3, 1)), groups=names("a", "b", "c"), labels=names(*"xxx"))
    assert (top.value, top.high) == (1, 1)


def test_without_slices_there_is_no_figure() -> None:
    (figure,) = mean_estimates(np.zeros((0, 1)), groups=names(), labels=names())
    assert figure.value is None
    assert figure.note == "there is no slice that it could be measured on"
