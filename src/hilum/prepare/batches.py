"""Many rows a chunk at a time."""

from __future__ import annotations

from collections.abc import Iterator

__all__ = ["BATCH", "batches"]

BATCH = 32
"""Slices that a network sees at a time when it needs no gradients of its weights."""


def batches(count: int, size: int = BATCH) -> Iterator[slice]:
    """Yield the slice of each chunk of `size` rows out of `count`; the last may be shorter."""
    return (slice(first, min(first + size, count)) for first in range(0, count, size))
