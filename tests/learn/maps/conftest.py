"""Fixtures of the maps' tests."""

from __future__ import annotations

import pytest
from tiny_network import make_tiny

from hilum.learn.networks import Classifier


@pytest.fixture
def tiny() -> Classifier:
    return make_tiny()
