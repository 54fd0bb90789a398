"""The nearest of the known names, for messages about an unknown one."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

__all__ = ["nearest", "nearest_name"]

LEAST_LIKENESS = 0.5
"""Of `difflib.SequenceMatcher`: below it, a name is more confusing than helpful."""


def nearest(name: str, names: Iterable[str]) -> str:
    """Return ` Did you mean 'x'?`, or nothing where no name is near."""
    near = nearest_name(name, names)
    return f" Did you mean {near!r}?" if near else ""


def nearest_name(name: str, names: Iterable[str]) -> str:
    """Return the nearest of the names; empty where none is near."""
    near = difflib.get_close_matches(name, list(names), n=1, cutoff=LEAST_LIKENESS)
    return near[0] if near else ""
