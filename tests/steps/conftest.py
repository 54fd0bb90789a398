"""Fixtures of the steps."""

from __future__ import annotations

import pytest

from hilum.sources import BuildOptions, PhantomSettings, build_table
from hilum.splits import split_table
from hilum.table import SliceTable


@pytest.fixture(scope="module", autouse=True)
def no_drawings(blank_drawings: None) -> None:
    """Numbers, files and words are tested here, not what drawings look like."""


@pytest.fixture(scope="session")
def table(tmp_path_factory: pytest.TempPathFactory) -> SliceTable:
    """48 phantom slices of 24 patients, split."""
    folder = tmp_path_factory.mktemp("phantoms")
    options = BuildOptions(phantom=PhantomSettings(patients=24, slices_per_patient=2, size=96))
    built = build_table([("phantom", folder)], out=folder / "slices.csv", options=options)
    return split_table(built.table)
