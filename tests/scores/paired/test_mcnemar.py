"""McNemar's exact test: against statsmodels, and where both networks are right alike."""

from __future__ import annotations

import numpy as np
import pytest
from statsmodels.stats import contingency_tables

from hilum.scores.paired.mcnemar import mcnemar


def flags(both: int, first: int, second: int, neither: int) -> tuple[np.ndarray, np.ndarray]:
    counts = (both, first, second, neither)
    return (
        np.repeat(np.array([True, True, False, False]), counts),
        np.repeat(np.array([True, False, True, False]), counts),
    )


@pytest.mark.parametrize("counts", [(30, 9, 2, 5), (10, 1, 1, 0), (500, 60, 31, 4), (3, 0, 7, 1)])
def test_it_is_that_of_statsmodels(counts: tuple[int, int, int, int]) -> None:
    table = [[counts[0], counts[1]], [counts[2], counts[3]]]
    found = mcnemar(*flags(*counts))
    assert found[:2] == counts[1:3]
    assert found.p == pytest.approx(contingency_tables.mcnemar(table, exact=True).pvalue)


def test_by_hand() -> None:
    """0 of 5: twice 0.5 ** 5."""
    assert mcnemar(*flags(4, 0, 5, 1)).p == pytest.approx(2 * 0.5**5)


def test_without_a_case_that_only_one_calls_right_there_is_no_p() -> None:
    assert mcnemar(*flags(4, 0, 0, 3)) == (0, 0, None)
