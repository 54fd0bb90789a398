"""Slices for figures of maps."""

from __future__ import annotations

import pytest
from phantom_tables import phantom_table

from hilum.table import SliceTable


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> SliceTable:
    """32 phantom slices of 16 patients, split; the phantoms' lesions have boxes."""
    return phantom_table(tmp_path_factory.mktemp("phantoms"), patients=16)
