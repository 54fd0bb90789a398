"""The hash by which metrics know the slices that they are of."""

from __future__ import annotations

import hashlib
from pathlib import Path

from hilum.table import read_csv

__all__ = ["slices_hash"]

PLACES = ["path", "mask"]
"""Columns that change when a run folder is copied, though the slices are the same."""


def slices_hash(table_file: Path) -> str:
    """Return the SHA-256 of a slices.csv, hexadecimal, without where its files are.

    Raises:
        TableError: the file is not a table.
    """
    rows = read_csv(table_file).drop(columns=PLACES, errors="ignore")
    return hashlib.sha256(rows.to_csv(index=False).encode()).hexdigest()
