"""Joining the probabilities of a series' slices into one answer a series."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["MAXIMUM", "MEAN", "TOP_K", "Joining", "known_joining"]

Floats = npt.NDArray[np.float64]

MEAN, TOP_K, MAXIMUM = "mean", "top-k mean", "maximum"
"""Ways of joining."""


@dataclass(frozen=True)
class Joining:
    """How the slices of a series become one probability.

    Attributes:
        way: MEAN over all slices; TOP_K, the mean over the `k` slices with the highest probability
            of the positive class; MAXIMUM, that of the highest alone.
        k: of TOP_K, at least 2; a series of fewer slices is joined by the mean of all. None for the
            others.
    """

    way: str = MEAN
    k: int | None = None

    def join(self, probabilities: Floats, positive: int) -> Floats:
        """Return (classes,) probabilities, sum 1, of a series.

        Args:
            probabilities: (n, classes) of its slices, n at least 1; rows sum to 1.
            positive: column of the positive class.
        """
        if self.way == MEAN:
            return np.asarray(probabilities.mean(axis=0), dtype=np.float64)
        count = 1 if self.way == MAXIMUM else self.k or 1
        top = np.argsort(-probabilities[:, positive], kind="stable")[:count]
        return np.asarray(probabilities[top].mean(axis=0), dtype=np.float64)

    def sentence(self) -> str:
        """Return how slices are joined, in words."""
        if self.way == MEAN:
            return "mean of the lung slices"
        if self.way == MAXIMUM:
            return "maximum of the lung slices"
        return f"mean of the {self.k} highest lung slices"

    def as_json(self) -> dict[str, Any]:
        """Return it as network.json holds it."""
        return {"way": self.way, "k": self.k}


def known_joining(content: Any) -> Joining | None:
    """Return the joining that network.json holds; None where it holds none, or nonsense."""
    if not isinstance(content, dict):
        return None
    way, k = content.get("way"), content.get("k")
    if way == TOP_K and isinstance(k, int) and not isinstance(k, bool) and k >= 2:
        return Joining(TOP_K, k)
    return Joining(str(way)) if way in (MEAN, MAXIMUM) else None
