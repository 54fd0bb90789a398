"""Two classes out of several: the score that a network has for one class against another.

A network that knows both classes is asked for the odds between them, p(first) / (p(first) +
p(second)), so that its other classes have no say. A network that knows one of the two is asked for
the probability of that class: trained on cancer against pneumonia, it can still be asked how well
p(cancer) ranks cancer above normal slices.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from hilum.errors import UsageError
from hilum.scores.classification import Labelled, restrict

__all__ = ["as_pair", "pair_score", "parse_pair"]

Floats = npt.NDArray[np.float64]


def parse_pair(text: str) -> tuple[str, str]:
    """Return the two labels of "cancer:normal"; the first is the positive one.

    Raises:
        UsageError: it is not two different labels.
    """
    first, colon, second = (part.strip() for part in text.partition(":"))
    if not colon or not first or not second or first == second:
        raise UsageError(
            f"a pair is two different labels, the positive one first, such as cancer:normal; "
            f"got {text!r}."
        )
    return first, second


def pair_score(probabilities: Floats, class_names: list[str], first: str, second: str) -> Floats:
    """Return the score (n,) for `first` against `second`, 0 to 1.

    Args:
        probabilities: (n, classes), the network's own.
        class_names: the classes of the columns.
        first, second: labels, at least one of them a class of the network.

    Raises:
        UsageError: the network knows neither.
    """
    if first not in class_names and second not in class_names:
        raise UsageError(
            f"a pair needs at least one class of the run ({', '.join(class_names)}); "
            f"got {first}:{second}."
        )
    if second not in class_names:
        return probabilities[:, class_names.index(first)]
    if first not in class_names:
        return 1 - probabilities[:, class_names.index(second)]
    of_first, of_second = (probabilities[:, class_names.index(name)] for name in (first, second))
    both = of_first + of_second
    # Where both underflow to 0 nothing is known of the pair.
    odds: Floats = np.divide(of_first, both, out=np.full(len(both), 0.5), where=both > 0)
    return odds


def as_pair(cases: Labelled, first: str, second: str) -> Labelled:
    """Return the cases of two labels as a two-class set with `first` as the positive class.

    `first` counts as called where it scores above one half; with a network that knows one class of
    the pair only, where that class was, or was not, the one called.

    Raises:
        UsageError: the network knows neither class.
    """
    names = list(cases.class_names)
    inside = np.isin(cases.label.astype(str), [first, second])
    part = restrict(cases, inside)
    score = pair_score(part.probabilities, names, first, second)
    if first in names and second in names:
        called = score >= 0.5
    elif first in names:
        called = part.predicted == first
    else:
        called = part.predicted != second
    predicted = np.where(called, first, second).astype(object)
    return Labelled(
        part.group, part.label, predicted, np.stack([score, 1 - score], axis=1),
        [first, second], first,
    )  # fmt: skip
