"""The audit: what it finds rests on its intervals."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="module", autouse=True)
def in_short(blank_drawings: None, quick_initialisation: None) -> None:
    """Intervals come from as many resamples as a user's."""
