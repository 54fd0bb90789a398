"""The weights of cleaning can be trained on, also by a network that is wider than they are."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from types import ModuleType

import cv2
import numpy as np
import pytest
import torch

HOME = Path(__file__).resolve().parents[2] / "benchmarks" / "clean_network"
NAMES = ("network", "resume")


@pytest.fixture
def modules(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[ModuleType, ...]]:
    """`network` and `resume`, which import each other by these short names."""
    monkeypatch.syspath_prepend(str(HOME))
    yield tuple(importlib.import_module(name) for name in NAMES)
    for name in NAMES:
        sys.modules.pop(name, None)


@pytest.fixture(scope="module")
def pictures() -> list[torch.Tensor]:
    """Soft noise with a white triangle, (2, 3, 96, 128) each."""
    rng = np.random.default_rng(0)
    drawn = []
    for _ in range(3):
        rough = rng.uniform(0, 1, (2, 96, 128, 3)).astype(np.float32)
        pair = np.stack([cv2.GaussianBlur(one, (0, 0), 3) for one in rough])
        cv2.fillPoly(pair[0], [np.array([(30, 60), (46, 30), (60, 66)])], (1, 1, 1))
        drawn.append(torch.from_numpy(np.moveaxis(pair, 3, 1).copy()))
    return drawn


@pytest.mark.parametrize("wider", [0, 8])
def test_resumed_network_answers_as_the_shipped_weights(
    modules: tuple[ModuleType, ...],
    pictures: list[torch.Tensor],
    monkeypatch: pytest.MonkeyPatch,
    wider: int,
) -> None:
    network, resume = modules
    monkeypatch.setattr(network, "WIDTHS", tuple(width + wider for width in network.WIDTHS))
    weights = resources.files("hilum.prepare.clean").joinpath("marks.onnx")
    with resources.as_file(weights) as path:
        resumed = network.MarkNetwork()
        resume.fill_from_onnx(resumed, path, pictures)
        shipped = cv2.dnn.readNetFromONNX(str(path))
    shipped.setInput(pictures[0].numpy())
    expected = shipped.forward()
    with torch.no_grad():
        answer = torch.sigmoid(resumed(pictures[0])).numpy()
    assert expected.max() > 0.5
    assert np.abs(answer - expected).max() < 1e-4


def test_narrower_network_is_refused(
    modules: tuple[ModuleType, ...], pictures: list[torch.Tensor], monkeypatch: pytest.MonkeyPatch
) -> None:
    network, resume = modules
    monkeypatch.setattr(network, "WIDTHS", tuple(width // 2 for width in network.WIDTHS))
    weights = resources.files("hilum.prepare.clean").joinpath("marks.onnx")
    with resources.as_file(weights) as path, pytest.raises(ValueError, match="raise WIDTHS"):
        resume.fill_from_onnx(network.MarkNetwork(), path, pictures)
