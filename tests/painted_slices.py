"""Slices of one grey level, and decoding them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from hilum.prepare import decode_table
from hilum.table import SliceTable


def paint(path: Path, grey: int) -> None:
    Image.fromarray(np.full((40, 64), grey, dtype=np.uint8)).save(path)


def greys(table: SliceTable, *, size: int = 32, full: SliceTable | None = None) -> list[int]:
    """Decode a table and return the grey level of each slice."""
    with decode_table(table, size=size, full_table=full) as decoded:
        pictures = decoded.grey[0 : len(table)]
        assert decoded.shapes.tolist() == [[40, 64]] * len(table)
        assert (pictures == pictures[:, :1, :1]).all()
        return [int(level) for level in pictures[:, 0, 0]]
