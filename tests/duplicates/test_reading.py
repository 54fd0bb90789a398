"""Fingerprints of files, in their order; errors say where."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from hilum.duplicates import fingerprint, read_prints
from hilum.errors import ReadError


def test_files_are_read_in_their_order(scene, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    paths = []
    for seed in range(5):
        paths.append(tmp_path / f"{seed}.png")
        cv2.imwrite(str(paths[-1]), scene(seed))
    prints = read_prints(paths)
    assert len(prints) == 5
    for seed in range(5):
        expected = fingerprint(scene(seed))
        assert prints.hashes[seed].tolist() == expected.hashes.tolist()
        assert np.array_equal(prints.pictures[seed], expected.picture)


def test_a_broken_file_is_named_with_its_place(tmp_path: Path) -> None:
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"\x89PNG\r\n\x1a\n" + b"0" * 30)
    with pytest.raises(ReadError, match=r"slices\.csv, row 7: .*broken\.png: "):
        read_prints([broken], cell_name=lambda number: f"slices.csv, row {number + 7}")
    with pytest.raises(ReadError, match=r"missing\.png: there is no such file"):
        read_prints([tmp_path / "missing.png"])
