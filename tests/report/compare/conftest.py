"""A comparison of made-up runs, and a copy of its content."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from made_runs import Made, made_run, made_table

import hilum


@pytest.fixture(scope="session")
def compared(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A comparison of two networks, the second from random weights, with hostile names."""
    folder, table = tmp_path_factory.mktemp("compared"), made_table()
    made = [
        Made(title="<b>Net</b> $x_1$ | 1", noise=0.5, seed=1, epochs=3),
        Made(title="VGG19", backbone="vgg19", noise=2.0, seed=2, pretrained=False),
    ]
    for number, one in enumerate(made):
        made_run(folder / str(number), table, one)
    return hilum.compare([folder / "0", folder / "1"], out=folder / "out")


@pytest.fixture
def content(compared: dict[str, Any]) -> dict[str, Any]:
    """The same, to be changed."""
    return copy.deepcopy(compared)
