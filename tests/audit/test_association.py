"""Cramér's V, plain and without what chance gives."""

from __future__ import annotations

import numpy as np
import pytest

from hilum.audit.association import corrected_v, cramers_v


def test_none_and_complete_association() -> None:
    none, complete = np.full((2, 2), 50.0), np.diag([50.0, 50.0])
    assert (cramers_v(none), corrected_v(none)) == (0.0, 0.0)
    assert (cramers_v(complete), corrected_v(complete)) == (1.0, pytest.approx(1.0))


def test_values_that_occur_once_each_tell_nothing() -> None:
    once = np.zeros((40, 2))
    once[np.arange(40), np.arange(40) % 2] = 1
    assert cramers_v(once) == pytest.approx(1.0)
    assert corrected_v(once) == 0.0


def test_the_correction_is_that_of_its_source() -> None:
    counts = np.array([[30.0, 10.0], [10.0, 20.0], [5.0, 25.0]])
    total, shape = 100, (3, 2)
    expected = counts.sum(1, keepdims=True) * counts.sum(0) / total
    phi = ((counts - expected) ** 2 / expected).sum() / total
    rows, columns = (side - (side - 1) ** 2 / (total - 1) for side in shape)
    by_hand = np.sqrt((phi - 2 / 99) / (min(rows, columns) - 1))
    assert corrected_v(counts) == pytest.approx(by_hand)
    assert corrected_v(counts) < cramers_v(counts)


def test_chance_alone_is_about_nothing() -> None:
    rng = np.random.default_rng(0)
    found, plain = [], []
    for _ in range(50):
        table = np.zeros((30, 2))
        np.add.at(table, (rng.integers(0, 30, 120), rng.integers(0, 2, 120)), 1)
        table = table[table.sum(axis=1) > 0]
        found.append(corrected_v(table))
        plain.append(cramers_v(table))
    assert np.mean(found) < 0.12 < 0.4 < np.mean(plain)


@pytest.mark.parametrize("counts", [[[3.0, 4.0]], [[1.0]], [[1.0], [2.0]]])
def test_one_row_or_column_goes_with_nothing(counts: list[list[float]]) -> None:
    assert (cramers_v(np.array(counts)), corrected_v(np.array(counts))) == (0.0, 0.0)
