"""A run of random weights on phantoms."""

from __future__ import annotations

import pytest
from phantom_tables import phantom_table
from untrained_runs import make_untrained

from hilum.run import Run
from hilum.table import SliceTable


@pytest.fixture(scope="session")
def table(tmp_path_factory: pytest.TempPathFactory) -> SliceTable:
    """24 phantom slices of 12 patients, split."""
    return phantom_table(tmp_path_factory.mktemp("phantoms"), patients=12)


@pytest.fixture(scope="session")
def run(table: SliceTable, tmp_path_factory: pytest.TempPathFactory) -> Run:
    return make_untrained(tmp_path_factory.mktemp("runs") / "one", table, seed=1)
