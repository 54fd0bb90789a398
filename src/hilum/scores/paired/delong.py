"""DeLong's test of two AUCs on the same cases.

DeLong, DeLong and Clarke-Pearson 1988 (Biometrics 44:837, doi 10.2307/2531595), with the placements
from ranks as in Sun and Xu 2014 (doi 10.1109/LSP.2014.2337313). The test takes all cases as
independent: of slices, which come several from one patient, it is too liberal.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr
from scipy.stats import rankdata

__all__ = ["DeLong", "delong"]

Flags = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]

FEWEST = 2
"""Cases of each class that a variance needs."""


class DeLong(NamedTuple):
    """The difference of two AUCs, its standard error, z, and the two-sided p.

    `z` and `p` are None where the standard error is 0, so that the test has nothing to go by.
    """

    difference: float
    standard_error: float
    z: float | None
    p: float | None


def delong(positive: Flags, first: Floats, second: Floats) -> DeLong | None:
    """Return the test of the first AUC minus the second; None with fewer than two cases a class.

    Args:
        positive: (n,) whether each case is positive.
        first, second: (n,) the two scores of each case; higher means more likely positive.
    """
    if min(int(positive.sum()), int((~positive).sum())) < FEWEST:
        return None
    of_positives, of_negatives = _placements(positive, np.stack([first, second]))
    areas = of_positives.mean(axis=1)
    # The variance of the paired placements is exactly 0 where both scores rank alike.
    variances = [np.var(of[0] - of[1], ddof=1) / of.shape[1] for of in (of_positives, of_negatives)]
    error = float(np.sqrt(sum(variances)))
    difference = float(areas[0] - areas[1])
    if error == 0.0:
        return DeLong(difference, 0.0, None, None)
    z = difference / error
    return DeLong(difference, error, z, float(2 * ndtr(-abs(z))))


def _placements(positive: Flags, scores: Floats) -> tuple[Floats, Floats]:
    """Return the share of negatives below each positive, and of positives above each negative.

    Args:
        scores: (scores, n); a tie counts one half.

    Returns:
        (scores, positives) and (scores, negatives); the mean of either is the AUC.
    """
    positives, negatives = scores[:, positive], scores[:, ~positive]
    joint = rankdata(np.concatenate([positives, negatives], axis=1), axis=1)
    count = positives.shape[1]
    below = (joint[:, :count] - rankdata(positives, axis=1)) / negatives.shape[1]
    above = 1 - (joint[:, count:] - rankdata(negatives, axis=1)) / count
    return below, above
