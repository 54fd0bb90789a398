"""What the tests of networks share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from torch import Tensor


def _quick(tensor: Tensor, *_: object, **__: object) -> Tensor:
    """Stand in for the slow random distributions: their values have no say here."""
    with torch.no_grad():
        return tensor.uniform_(-0.05, 0.05)


@pytest.fixture(autouse=True)
def _same_random_numbers() -> None:
    """Random weights are the same in every run and in any order of the tests."""
    torch.manual_seed(0)


@pytest.fixture(scope="module")
def quick_initialisation() -> Iterator[None]:
    """Large networks are built in a fraction of the time."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("kaiming_normal_", "kaiming_uniform_", "normal_", "trunc_normal_"):
            patch.setattr(f"torch.nn.init.{name}", _quick)
        yield
