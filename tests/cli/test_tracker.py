"""`hilum train --tracker`: what a tracker gets, and what is refused."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from accelerate.tracking import GeneralTracker

import hilum as python
from hilum.learn.trackers.tracked import TRACKERS, _environment, tracked

Call = Callable[..., Any]


class Stub(GeneralTracker):  # type: ignore[misc]
    """Remembers what it gets."""

    name = "stub"
    requires_logging_directory = False

    def __init__(self) -> None:
        self.settings: dict[str, Any] = {}
        self.rows: list[tuple[int | None, dict[str, float]]] = []
        self.finished = 0
        super().__init__()

    @property
    def tracker(self) -> object:
        return self

    def store_init_configuration(self, values: dict[str, Any]) -> None:
        self.settings = values

    def log(self, values: dict[str, float], step: int | None = None, **_: object) -> None:
        self.rows.append((step, values))

    def finish(self) -> None:
        self.finished += 1


def test_a_tracker_gets_the_recipe_and_the_rows_of_the_history(
    phantoms: Path, tmp_path: Path
) -> None:
    recipe = python.load_recipe("phantom", ("training.epochs=2", "input.size=32"))
    stub = Stub()
    with python.tracked(stub):
        run = python.train(phantoms / "slices.csv", recipe, out=tmp_path / "run", weights="none")
    history = pd.read_csv(run.history_file)
    assert [step for step, _ in stub.rows] == [1, 2]
    for row, (_, values) in zip(history.to_dict("records"), stub.rows, strict=True):
        assert values == pytest.approx({key: row[key] for key in values}, abs=1e-5)
        assert set(row) - set(values) == {"epoch", "best"}
    assert stub.settings["training.epochs"] == 2 and stub.settings["input.size"] == 32
    assert all(isinstance(v, bool | int | float | str) for v in stub.settings.values())
    assert stub.finished == 1
    assert str(tmp_path) not in repr(stub.settings)


@pytest.mark.parametrize("name", TRACKERS)
def test_a_package_that_is_missing_is_named_before_anything_is_done(
    train: Call, workdir: Path, untouched: Call, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr("hilum.learn.trackers.tracked.find_spec", lambda _: None)
    with untouched(workdir):
        done = train(workdir / "slices.csv", workdir / "run", "--tracker", name)
    done.refused(2, f"the tracker {name} is not installed", f"pip install 'hilum[{name}]'")


def test_a_tracker_that_is_unknown_is_refused(train: Call, workdir: Path) -> None:
    done = train(workdir / "slices.csv", workdir / "run", "--tracker", "paper")
    done.refused(2, "--tracker must be one of tensorboard, mlflow, wandb; got 'paper'")


def test_trackers_stay_on_this_machine_unless_the_user_says_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in (
        "WANDB_MODE",
        "WANDB_DIR",
        "WANDB_CACHE_DIR",
        "MLFLOW_DISABLE_TELEMETRY",
        "MLFLOW_TRACKING_URI",
    ):
        monkeypatch.delenv(name, raising=False)
    with _environment("wandb", tmp_path):
        assert (os.environ["WANDB_MODE"], os.environ["WANDB_DIR"]) == ("offline", str(tmp_path))
        assert os.environ["WANDB_CACHE_DIR"] == str(tmp_path / "wandb" / "cache")
    with _environment("mlflow", tmp_path):
        assert os.environ["MLFLOW_DISABLE_TELEMETRY"] == "true"
        assert os.environ["MLFLOW_TRACKING_URI"] == f"sqlite:///{tmp_path.as_posix()}/mlflow.db"
    assert "WANDB_MODE" not in os.environ and "MLFLOW_TRACKING_URI" not in os.environ
    monkeypatch.setenv("WANDB_MODE", "online")
    with _environment("wandb", tmp_path):
        assert os.environ["WANDB_MODE"] == "online"
    assert os.environ["WANDB_MODE"] == "online"


def test_tensorboard_writes_into_the_run(phantoms: Path, tmp_path: Path) -> None:
    if importlib.util.find_spec("tensorboard") is None:
        pytest.skip("tensorboard is not installed")
    recipe = python.load_recipe("phantom", ("training.epochs=1", "input.size=32"))
    with tracked("tensorboard"):
        run = python.train(phantoms / "slices.csv", recipe, out=tmp_path / "run", weights="none")
    assert list((run.folder / "tracker").rglob("events.out.tfevents.*"))
