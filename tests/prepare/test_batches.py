"""Rows a chunk at a time."""

from __future__ import annotations

from hilum.prepare import BATCH, batches


def test_every_row_is_in_one_chunk() -> None:
    assert list(batches(5, 2)) == [slice(0, 2), slice(2, 4), slice(4, 5)]
    assert list(batches(0)) == []
    assert list(batches(BATCH + 1)) == [slice(0, BATCH), slice(BATCH, BATCH + 1)]
