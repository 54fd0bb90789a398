"""McNemar's test of two networks' calls on the same cases, exact.

McNemar 1947 (Psychometrika 12:153, doi 10.1007/BF02295996), by the binomial distribution of the
cases that only one of the two calls correctly. The test takes all cases as independent: of slices,
which come several from one patient, it is too liberal.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

__all__ = ["McNemar", "mcnemar"]

Flags = npt.NDArray[np.bool_]


class McNemar(NamedTuple):
    """Cases that only the first, and only the second network calls correctly; the two-sided p.

    `p` is None where there is no such case.
    """

    first_only: int
    second_only: int
    p: float | None


def mcnemar(first: Flags, second: Flags) -> McNemar:
    """Return the test of two networks' correct calls.

    Args:
        first, second: (n,) whether each case is called correctly.
    """
    from scipy.stats import binomtest  # half a second, and predicting imports this room

    only = int((first & ~second).sum()), int((~first & second).sum())
    if not sum(only):
        return McNemar(*only, None)
    return McNemar(*only, float(binomtest(only[0], sum(only), 0.5).pvalue))
