"""Three evaluated runs on the same slices."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from made_runs import Made, made_run, made_table


@pytest.fixture
def three(made_three: Path, tmp_path: Path) -> list[Path]:
    """Three networks on the same slices, one of them from random weights; a test may spoil them."""
    shutil.copytree(made_three, tmp_path, dirs_exist_ok=True)
    return [tmp_path / name for name in ("a", "b", "c")]


@pytest.fixture(scope="session")
def made_three(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the three, made once."""
    location = tmp_path_factory.mktemp("three")
    made = [
        Made(noise=0.4, seed=1, epochs=4),
        Made(title="VGG16", backbone="vgg16", noise=1.5, seed=2, parameters=14_849_602, epochs=4),
        Made(
            title="VGG19", backbone="vgg19", noise=3.0, seed=3, pretrained=False, size=320, epochs=4
        ),
    ]
    for name, one in zip(("a", "b", "c"), made, strict=True):
        made_run(location / name, made_table(), one)
    return location
