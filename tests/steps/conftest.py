"""Fixtures of the steps."""

from __future__ import annotations

import pytest

from hilum.sources import BuildOptions, PhantomSettings, build_table
from hilum.splits import split_table
from hilum.table import SliceTable


@pytest.fixture(scope="module", autouse=True)
def in_short(
    blank_drawings: None, few_resamples: None, rough_measures: None, quick_initialisation: None
) -> None:
    """Files, words and plain numbers are tested here: not drawings, intervals or random weights."""


@pytest.fixture(scope="session")
def table(tmp_path_factory: pytest.TempPathFactory) -> SliceTable:
    """48 phantom slices of 24 patients, split."""
    folder = tmp_path_factory.mktemp("phantoms")
    options = BuildOptions(phantom=PhantomSettings(patients=24, slices_per_patient=2, size=96))
    built = build_table([("phantom", folder)], out=folder / "slices.csv", options=options)
    return split_table(built.table)
