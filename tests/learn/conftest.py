"""What the tests of networks share."""

from __future__ import annotations

import pytest
import torch


@pytest.fixture(autouse=True)
def _same_random_numbers() -> None:
    """Random weights are the same in every run and in any order of the tests."""
    torch.manual_seed(0)
