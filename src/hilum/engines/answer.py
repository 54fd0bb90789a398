"""A network that returns logits, whatever computes them, and the mean of several."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from hilum.errors import RunError

__all__ = ["Engine", "as_probabilities", "mean_probabilities"]


class Engine(Protocol):
    """A trained network that is ready to answer."""

    @property
    def size(self) -> int:
        """Side of the square that it sees, pixels."""

    def logits(self, grey: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        """Return logits (n, classes) of slices (n, size, size) uint8."""


def as_probabilities(logits: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """Return the softmax of logits (n, classes), computed in float64; rows sum to 1.

    Raises:
        RunError: a logit is no number.
    """
    if not np.isfinite(logits).all():
        raise RunError("the network gives no numbers: its training diverged; train it again.")
    precise = logits.astype(np.float64)
    powers = np.exp(precise - precise.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True), dtype=np.float64)


def mean_probabilities(
    engines: Sequence[Engine], grey: Mapping[int, npt.NDArray[np.uint8]]
) -> npt.NDArray[np.float64]:
    """Return the networks' class probabilities (n, classes) of a batch, averaged; rows sum to 1.

    Every network has the same say. One network's mean is what it says itself, to the last bit.

    Args:
        engines: of the same classes in the same order.
        grey: for each network's size the same n slices, (n, size, size) uint8.

    Raises:
        RunError: see `as_probabilities`.
    """
    member_probabilities = [
        as_probabilities(engine.logits(grey[engine.size])) for engine in engines
    ]
    return np.asarray(np.mean(member_probabilities, axis=0), dtype=np.float64)
