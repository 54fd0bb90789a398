"""Trackers: only in the block, in the run's folder, silent unless the user says otherwise."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from accelerate.tracking import GeneralTracker, on_main_process

from hilum.errors import UsageError
from hilum.learn.checkpoint import TrainingProgress
from hilum.learn.trackers import tracked as module
from hilum.learn.trackers.tracked import tracked, tracker_of_run
from hilum.recipe import load_recipe


class Notebook(GeneralTracker):
    """Keeps what it is given."""

    name = "notebook"
    requires_logging_directory = False

    def __init__(self) -> None:
        super().__init__(_blank=True)
        self.config: dict[str, Any] = {}
        self.rows: list[tuple[int | None, dict[str, Any]]] = []
        self.finished = 0

    @property
    def tracker(self) -> Notebook:
        return self

    @on_main_process
    def store_init_configuration(self, values: dict[str, Any]) -> None:
        self.config = values

    @on_main_process
    def log(self, values: dict[str, Any], step: int | None = None, **_: Any) -> None:
        self.rows.append((step, values))

    @on_main_process
    def finish(self) -> None:
        self.finished += 1


RECIPE = load_recipe("phantom")


def test_recipe_and_epochs_go_to_the_tracker_and_it_is_finished(tmp_path: Path) -> None:
    notebook = Notebook()
    with tracked(notebook), tracker_of_run(tmp_path, RECIPE) as after_epoch:
        assert after_epoch is not None
        history = [{"epoch": 1, "train_loss": 0.7}, {"epoch": 2, "train_loss": 0.5}]
        for count in (1, 2):
            assert after_epoch(TrainingProgress(history[:count], count)) is True
    assert notebook.rows == [(1, {"train_loss": 0.7}), (2, {"train_loss": 0.5})]
    assert notebook.config["training.epochs"] == RECIPE.training.epochs
    assert isinstance(notebook.config["network.hidden"], str)
    assert notebook.finished == 1
    assert list(tmp_path.iterdir()) == []  # its own place is its own business


def test_a_tracker_is_finished_where_the_training_stops(tmp_path: Path) -> None:
    notebook = Notebook()
    with (
        pytest.raises(KeyboardInterrupt),
        tracked(notebook),
        tracker_of_run(tmp_path, RECIPE),
    ):
        raise KeyboardInterrupt
    assert notebook.finished == 1


def test_outside_the_block_nothing_is_tracked(tmp_path: Path) -> None:
    with tracked(Notebook()), tracked(None), tracker_of_run(tmp_path, RECIPE) as inner:
        assert inner is None
    with tracker_of_run(tmp_path, RECIPE) as after:
        assert after is None


def test_an_unknown_tracker_and_one_that_is_not_installed_are_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(UsageError, match="--tracker must be one of tensorboard, mlflow, wandb;"):
        tracked("paper").__enter__()
    monkeypatch.setattr(module, "find_spec", lambda _: None)
    with pytest.raises(UsageError, match=r"mlflow is not installed: pip install 'hilum\[mlflow\]'"):
        tracked("mlflow").__enter__()


@pytest.mark.parametrize(
    ("tracker", "variables"),
    [
        ("wandb", {"WANDB_MODE": "offline", "WANDB_ERROR_REPORTING": "false", "WANDB_DIR": "{}"}),
        ("mlflow", {"MLFLOW_DISABLE_TELEMETRY": "true",
                    "MLFLOW_TRACKING_URI": "sqlite:///{}/mlflow.db"}),
        ("tensorboard", {}),
    ],
)  # fmt: skip
def test_a_tracker_stays_on_this_machine_unless_its_variables_say_otherwise(
    tracker: str, variables: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in variables:
        monkeypatch.delenv(name, raising=False)
    with module._environment(tracker, tmp_path):
        assert {name: os.environ[name] for name in variables} == {
            name: text.format(tmp_path) for name, text in variables.items()
        }
    assert not set(variables) & set(os.environ)
    for name in variables:
        monkeypatch.setenv(name, "mine")
    with module._environment(tracker, tmp_path):
        assert {os.environ[name] for name in variables} <= {"mine"}
