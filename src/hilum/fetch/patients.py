"""Drawing patients: the same on every machine, and blind to what their ids tell."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from hilum.errors import UsageError

__all__ = ["draw_patients"]


def draw_patients(patients: Iterable[str], count: int | None, *, seed: int) -> tuple[str, ...]:
    """Return `count` of the patients, in the order in which they were drawn.

    They are put in the order of SHA-256 of "seed/id" and the first are taken. So an id decides
    nothing by its letters (in Lung-PET-CT-Dx one tells the histology), no generator's version
    plays a part, more patients of a seed hold the fewer, and a patient who is added to the
    collection later moves at most one other out.

    Args:
        patients: ids; repeated ones count once.
        count: how many; None: all.
        seed: any number of at least 0.

    Raises:
        UsageError: there are not so many.
    """
    known = sorted(
        set(patients), key=lambda one: hashlib.sha256(f"{seed}/{one}".encode()).hexdigest()
    )
    if count is not None and count > len(known):
        raise UsageError(f"{count} patients are asked for, and the collection has {len(known)}.")
    return tuple(known[:count])
