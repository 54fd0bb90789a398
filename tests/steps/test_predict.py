"""Predicting is a stream: little is read ahead of what is asked for."""

from __future__ import annotations

import json
import shutil
from itertools import islice
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from hilum.errors import UsageError
from hilum.prepare import BATCH
from hilum.readers import read_slice
from hilum.run import Run
from hilum.steps import predict as step
from hilum.steps.predict import Found, Predicted, Refused, predict


@pytest.fixture
def blind_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A run whose network calls everything cancer, without weights."""
    folder = tmp_path / "run"
    folder.mkdir()
    facts = {"class_names": ["cancer", "pneumonia"], "positive": "cancer", "input": {"size": 32}}
    (folder / "network.json").write_text(json.dumps(facts))
    monkeypatch.setattr(step, "load_network", lambda run: SimpleNamespace())
    monkeypatch.setattr(
        step,
        "probabilities",
        lambda network, batches: (np.array([[0.75, 0.25]] * len(b)) for b in batches),
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


def test_at_most_two_batches_are_read_ahead(
    blind_run: Run, pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[Any] = []

    def counted(path: Path, **how: Any) -> Any:
        read.append(path)
        return read_slice(path, **how)

    monkeypatch.setattr(step, "read_slice", counted)
    outcomes = predict(blind_run, [pictures])
    assert next(outcomes) == Predicted(
        pictures / "0000.png", 0, "cancer", {"cancer": 0.75, "pneumonia": 0.25}, "", ()
    )
    assert len(read) <= 2 * BATCH
    list(islice(outcomes, 5 * BATCH))
    assert len(read) <= 7 * BATCH
    assert len(list(outcomes)) == 5 * BATCH - 1


def test_the_order_of_the_paths_is_kept_with_refusals_in_their_place(
    blind_run: Run, pictures: Path
) -> None:
    (pictures / "0001.png").write_text("no picture")
    found = Found()
    outcomes = list(predict(blind_run, [pictures / "0002.png", pictures], found=found))
    assert [outcome.path.name for outcome in outcomes[:4]] == [
        "0002.png", "0000.png", "0001.png", "0002.png",
    ]  # fmt: skip
    assert isinstance(outcomes[2], Refused)
    assert "0001.png" in outcomes[2].reason
    assert found.passed_over == {}


def test_a_missing_path_is_refused_before_anything_is_predicted(
    blind_run: Run, pictures: Path
) -> None:
    with pytest.raises(UsageError, match="no file or folder"):
        next(predict(blind_run, [pictures, pictures / "gone"]))
