"""Classical paired tests next to the bootstrap: DeLong for AUC, McNemar for accuracy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations
from typing import Any

from hilum.scores.classification import Labelled
from hilum.scores.paired.delong import delong
from hilum.scores.paired.mcnemar import mcnemar
from hilum.scores.paired.resampling import holm

__all__ = ["CLASSICAL", "classical_tests"]

CLASSICAL = {
    "auc": "DeLong's test, two-sided (DeLong et al. 1988)",
    "accuracy": "McNemar's test, exact, two-sided (McNemar 1947)",
    "caution": (
        "they take all cases as independent, so per slice, with several slices from one patient, "
        "their p is too small; read them per group"
    ),
}
"""How the classical tests are computed, as comparison.json states it."""


def classical_tests(runs: Sequence[Labelled]) -> dict[str, list[dict[str, Any]]]:
    """Return the tests of every pair of networks on the same cases in the same order.

    Returns:
        `auc`: for the pairs (0, 1), (0, 2), ... (1, 2), ... `delong`, `z`, `p` and `p_holm`;
        `accuracy`: `mcnemar`, with the numbers of cases that only the first (`first_only`) and only
        the second network calls correctly, `p` and `p_holm`. A p is None where the test is not
        defined; Holm's correction is over the pairs in which it is.
    """
    return {
        "auc": _each_pair(runs, "delong", _delong),
        "accuracy": _each_pair(runs, "mcnemar", _mcnemar),
    }


def _each_pair(
    runs: Sequence[Labelled], name: str, test: Callable[[Labelled, Labelled], dict[str, Any]]
) -> list[dict[str, Any]]:
    """Return the test of each pair under its name, p adjusted over the pairs."""
    found = [test(first, second) for first, second in combinations(runs, 2)]
    adjusted = iter(holm([of["p"] for of in found if of["p"] is not None]))
    return [
        {
            name: {
                **{key: None if of[key] is None else round(of[key], 6) for key in of},
                "p_holm": None if of["p"] is None else round(next(adjusted), 6),
            }
        }
        for of in found
    ]


def _delong(first: Labelled, second: Labelled) -> dict[str, Any]:
    result = delong(first.is_positive, first.score, second.score)
    return {"z": result and result.z, "p": result and result.p}


def _mcnemar(first: Labelled, second: Labelled) -> dict[str, Any]:
    right = (cases.label == cases.predicted for cases in (first, second))
    return mcnemar(*(flags.astype(bool) for flags in right))._asdict()
