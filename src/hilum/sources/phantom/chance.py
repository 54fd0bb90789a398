"""Where every random number of a phantom comes from: one stream a purpose.

Each purpose has a stream of its own, so that drawing a lesion can't move a rib, and choosing
a source can't move either.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np

__all__ = ["Purpose", "stream"]


class Purpose(IntEnum):
    """What a stream is for."""

    COHORT = 0
    BODY = 1
    TISSUE = 2
    LESION = 3
    SCANNER = 4
    NOISE = 5


def stream(seed: int, purpose: Purpose, *numbers: int) -> np.random.Generator:
    """Return the generator of `purpose` for the thing that `numbers` count (patient, slice)."""
    return np.random.default_rng([seed, int(purpose), *numbers])
