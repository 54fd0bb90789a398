"""Tables of phantoms, drawn and split, for tests that need real files."""

from __future__ import annotations

from pathlib import Path

from hilum.sources import BuildOptions, PhantomSettings, build_table
from hilum.splits import split_table
from hilum.table import SliceTable


def phantom_table(folder: Path, *, patients: int, size: int = 80) -> SliceTable:
    """Draw two slices of each patient into a folder and return their split table."""
    phantom = PhantomSettings(patients=patients, slices_per_patient=2, size=size)
    out = folder / "slices.csv"
    built = build_table([("phantom", folder)], out=out, options=BuildOptions(phantom=phantom))
    return split_table(built.table)
