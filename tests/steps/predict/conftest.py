"""Runs without weights and folders of pictures to predict."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from bright_network import PART, Brightness
from PIL import Image

from hilum.prepare import BATCH
from hilum.run import Run
from hilum.steps.predict import inputs, step, stream, write
from hilum.steps.predict.engine import LoadedEngine


@pytest.fixture
def blind_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A run whose network calls everything cancer, without weights."""
    folder = tmp_path / "run"
    folder.mkdir()
    facts = {"class_names": ["cancer", "pneumonia"], "positive": "cancer", "input": {"size": 32}}
    (folder / "network.json").write_text(json.dumps(facts))
    networks = [SimpleNamespace(size=32)]
    monkeypatch.setattr(step, "open_engine", lambda run, engine: LoadedEngine("onnx", networks))
    monkeypatch.setattr(
        stream,
        "mean_probabilities",
        lambda members, grey: np.array([[0.75, 0.25]] * len(grey[32])),
    )
    return Run(folder)


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """A folder with ten batches of slices."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    grey = np.arange(1600, dtype=np.uint16).reshape(40, 40).astype(np.uint8)
    Image.fromarray(grey).save(folder / "0000.png")
    for number in range(1, 10 * BATCH):
        shutil.copy(folder / "0000.png", folder / f"{number:04d}.png")
    return folder


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch) -> Brightness:
    """The network of every run, in shards of ten files."""
    network = Brightness()

    def opened(run: Run, engine: str) -> LoadedEngine:
        return LoadedEngine("onnx" if engine == "auto" else engine, [network])

    monkeypatch.setattr(step, "open_engine", opened)
    monkeypatch.setattr(inputs, "FILES_A_SHARD", PART)
    monkeypatch.setattr(write, "FILES_A_SHARD", PART)
    monkeypatch.setattr(write, "POLL_SECONDS", 0.01)
    for name in ("RANK", "WORLD_SIZE"):
        monkeypatch.delenv(name, raising=False)
    return network


@pytest.fixture
def run(tmp_path: Path, network: Brightness) -> Run:
    """A run of `network`."""
    folder = tmp_path / "run"
    folder.mkdir()
    facts = {"class_names": ["cancer", "pneumonia"], "positive": "cancer", "input": {"size": 32}}
    (folder / "network.json").write_text(json.dumps(facts))
    (folder / "recipe.toml").touch()
    (folder / "weights.safetensors").write_bytes(b"weights")
    return Run(folder)


@pytest.fixture
def shard_pictures(tmp_path: Path) -> Path:
    """45 slices, a text, and one that is cut short: five parts."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in range(45):
        grey = np.full((40, 40), number * 5, dtype=np.uint8)
        Image.fromarray(grey).save(folder / f"{number:02d}.png")
    (folder / "23.txt").write_text("no slice")
    (folder / "11.png").write_bytes((folder / "11.png").read_bytes()[:60])
    return folder
