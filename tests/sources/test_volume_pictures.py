"""What sources with volumes share: even choice of slices, pictures written where they differ."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hilum.sources.volume_pictures import PictureWriter, spread


@pytest.mark.parametrize(
    ("count", "chosen"),
    [(1, [4]), (2, [2, 7]), (3, [1, 4, 8]), (10, list(range(10))), (20, list(range(10)))],
)
def test_slices_are_spread_evenly(count: int, chosen: list[int]) -> None:
    assert spread(range(10), count) == chosen


def test_a_picture_that_is_there_is_left_alone_and_another_replaces_it(tmp_path: Path) -> None:
    writer, grey = PictureWriter(tmp_path), np.arange(16, dtype=np.uint8).reshape(4, 4)
    path = Path(writer.write("a/b.png", grey))
    assert path == tmp_path.resolve() / "a" / "b.png"
    before = path.stat().st_mtime_ns, path.stat().st_ino
    writer.write("a/b.png", grey)
    assert (path.stat().st_mtime_ns, path.stat().st_ino) == before
    old = path.read_bytes()
    writer.write("a/b.png", grey + 1)
    assert path.read_bytes() != old
