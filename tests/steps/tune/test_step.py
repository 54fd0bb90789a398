"""Tuning: the first trial is the recipe, the best becomes one, and a killed study goes on."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import tomllib
from pathlib import Path

import pandas as pd
import pytest
from filelock import FileLock
from PIL import Image
from waiting import wait_until

from hilum.errors import UsageError
from hilum.learn.checkpoint import TrainingProgress
from hilum.recipe import Recipe, load_recipe, parse_recipe
from hilum.sources import BuildOptions, PhantomSettings, build_table
from hilum.splits import split_table
from hilum.steps.train.step import train
from hilum.steps.tune import Tuned, tune
from hilum.table import SliceTable, write_table

TINY = """
title = "Tiny"
[network]
backbone = "test_resnet"
hidden = [8]
dropout = [0.0, 0.0]
[input]
size = 32
[training]
epochs = 2
batch_size = 8
precision = "float32"
"""
KNOBS = ("learning_rate", "hidden", "dropout")


@pytest.fixture(scope="module", autouse=True)
def in_short(blank_drawings: None, few_resamples: None, rough_measures: None) -> None:
    """Random weights are those of a user here: what they make of slices counts."""


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> SliceTable:
    """24 phantom patients of 64 x 64 pixels, split; the test slices can't be read."""
    folder = tmp_path_factory.mktemp("phantoms")
    options = BuildOptions(phantom=PhantomSettings(patients=24, slices_per_patient=1, size=64))
    built = build_table([("phantom", folder)], out=folder / "slices.csv", options=options)
    split = split_table(built.table)
    write_table(split, folder / "slices.csv")
    for path in split.part("test").paths():
        path.write_bytes(f"{path.name}: unreadable".encode())
    return split


@pytest.fixture(scope="module")
def recipe() -> Recipe:
    return parse_recipe(TINY, name="tiny")


@pytest.fixture(scope="module")
def tuned(table: SliceTable, recipe: Recipe, tmp_path_factory: pytest.TempPathFactory) -> Tuned:
    """Three trials in a fresh folder."""
    out = tmp_path_factory.mktemp("tuned") / "out"
    return tune(table, recipe, out=out, trials=3, knobs=KNOBS, weights="none")


def test_the_first_trial_is_the_recipe_as_it_is(tuned: Tuned) -> None:
    first = tuned.trials.iloc[0]
    assert (first["learning_rate"], first["hidden"], first["dropout"]) == ("0.001", "8", "0 0")
    assert len(tuned.trials["learning_rate"].unique()) == 3
    assert set(tuned.trials["size"]) == {"32"}  # a knob that is not turned


def test_the_best_is_never_worse_than_the_recipe_by_validation(tuned: Tuned) -> None:
    rows = tuned.trials
    best = rows[rows["best"] == 1]
    assert best["trial"].tolist() == [tuned.best]
    order = rows.sort_values(
        ["validation_auc", "validation_loss"], ascending=[False, True], kind="stable"
    )
    assert order.iloc[0]["trial"] == tuned.best


def test_the_folder_holds_the_recipe_the_trials_and_the_study(tuned: Tuned) -> None:
    assert sorted(path.name for path in tuned.folder.iterdir()) == [
        "recipe.toml", "study.db", "study.lock", "trials.csv",
    ]  # fmt: skip
    text = (tuned.folder / "recipe.toml").read_text()
    assert text.startswith(f"# Tuned: trial {tuned.best} of 3 on slices.csv, validation AUC ")
    assert "The best of 3 is optimistic" in text
    assert load_recipe(tuned.folder / "recipe.toml") == tuned.recipe
    assert tuned.recipe.title == "Tiny, tuned"
    assert set(tomllib.loads(text)["training"]) >= {"epochs", "epsilon", "precision"}
    written = pd.read_csv(tuned.folder / "trials.csv")
    assert written["trial"].tolist() == [1, 2, 3]
    assert set(written["state"]) == {"finished"}
    assert (written["epochs"] == 2).all()


def test_the_tuned_recipe_trains_to_the_very_figures_of_its_trial(
    table: SliceTable, tuned: Tuned, tmp_path: Path
) -> None:
    shutil.copytree(table.folder, tmp_path / "slices")
    full = SliceTable(table.rows, tmp_path / "slices", table.name)
    for grey, path in enumerate(full.part("test").paths()):  # each its own: no leak, no conflict
        Image.new("L", (64, 64), grey).save(path)
    run = train(full, tuned.folder / "recipe.toml", out=tmp_path / "run", weights="none")
    history = pd.read_csv(run.history_file)
    retained = history[history["best"] == 1].iloc[0]
    row = tuned.trials.iloc[tuned.best - 1]
    assert retained["validation_loss"] == row["validation_loss"]
    assert retained["validation_auc"] == row["validation_auc"]


def test_the_same_command_goes_on_and_gives_the_trials_of_one_go(
    table: SliceTable, recipe: Recipe, tuned: Tuned, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """Stopped in the second trial, as by Ctrl-C; that trial is repeated."""
    out = tmp_path / "out"
    stops = iter([False, False, False, True])

    def stopping(self: object, trained: TrainingProgress) -> bool:
        if next(stops):
            raise KeyboardInterrupt
        return original(self, trained)  # type: ignore[arg-type]

    from hilum.steps.tune import trial

    original = trial._Judge.__call__
    with monkeypatch.context() as patch:
        patch.setattr(trial._Judge, "__call__", stopping)
        with pytest.raises(KeyboardInterrupt):
            tune(table, recipe, out=out, trials=3, knobs=KNOBS, weights="none")
    assert pd.read_csv(out / "trials.csv")["trial"].tolist() == [1]
    again = tune(table, recipe, out=out, trials=3, knobs=KNOBS, weights="none")
    pd.testing.assert_frame_equal(
        again.trials.drop(columns="seconds"), tuned.trials.drop(columns="seconds")
    )
    assert again.recipe == tuned.recipe


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no SIGKILL")
def test_a_killed_tuning_goes_on(
    table: SliceTable, recipe: Recipe, tuned: Tuned, tmp_path: Path
) -> None:
    out, file = tmp_path / "out", tmp_path / "tiny.toml"
    file.write_text(TINY)
    command = [
        "tune", table.folder / "slices.csv", "--recipe", file, "--out", out, "--trials", 3,
        "--weights", "none", *(part for knob in KNOBS for part in ("--knob", knob)),
    ]  # fmt: skip
    process = subprocess.Popen(
        [sys.executable, "-m", "hilum", *map(str, command)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    trials = out / "trials.csv"
    wait_until(trials.exists, 200, every=0.002, process=process, what="the first trials")
    process.send_signal(signal.SIGKILL)
    assert process.wait(timeout=20) == -signal.SIGKILL
    assert len(pd.read_csv(out / "trials.csv")) < 3
    full = tune(table, recipe, out=out, trials=3, knobs=KNOBS, weights="none")
    pd.testing.assert_frame_equal(
        full.trials.drop(columns="seconds"), tuned.trials.drop(columns="seconds")
    )


def test_a_finished_tuning_can_be_extended_and_repeated_at_no_cost(
    table: SliceTable, recipe: Recipe, tuned: Tuned
) -> None:
    same = tune(table, recipe, out=tuned.folder, trials=2, knobs=KNOBS, weights="none")
    pd.testing.assert_frame_equal(same.trials, tuned.trials)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"recipe": "training.epochs=3"}, "another recipe"),
        ({"knobs": ("epsilon",)}, "another choice of knobs"),
    ],
)
def test_a_study_of_something_else_is_not_gone_on_with(
    table: SliceTable, tuned: Tuned, change: dict[str, object], word: str
) -> None:
    changes = [str(change["recipe"])] if "recipe" in change else []
    other = parse_recipe(TINY, name="tiny", changes=changes)
    knobs = change.get("knobs", KNOBS)
    with pytest.raises(UsageError, match=f"holds trials with {word}; continue with the same"):
        tune(table, other, out=tuned.folder, knobs=knobs, weights="none")  # type: ignore[arg-type]


def test_a_folder_of_other_things_is_left_alone(
    table: SliceTable, recipe: Recipe, tmp_path: Path
) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(UsageError, match=r"exists already and holds no study\.db; choose another"):
        tune(table, recipe, out=tmp_path, weights="none")
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_two_tunings_in_one_folder_do_not_take_each_others_trials_for_broken(
    table: SliceTable, recipe: Recipe, tmp_path: Path
) -> None:
    with FileLock(tmp_path / "study.lock"), pytest.raises(UsageError) as caught:
        tune(table, recipe, out=tmp_path, weights="none")
    assert str(caught.value) == (
        f"another hilum tune is at work in {tmp_path}; wait for it, or choose another folder."
    )
    assert not (tmp_path / "study.db").exists()


def test_no_trial_and_nothing_to_turn_are_refused(
    table: SliceTable, recipe: Recipe, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match="at least one trial is needed; got 0"):
        tune(table, recipe, out=tmp_path / "out", trials=0)
    with pytest.raises(UsageError, match="random weights are always trained completely"):
        tune(table, recipe, out=tmp_path / "out", knobs=["frozen"], weights="none")
    assert not (tmp_path / "out").exists()


def test_without_optuna_it_says_what_to_install(
    table: SliceTable, recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(UsageError) as caught:
        tune(table, recipe, out=tmp_path / "out", weights="none")
    assert str(caught.value) == (
        "tuning needs optuna, which is not installed: pip install 'hilum[tune]'."
    )


def test_a_trial_that_diverges_is_counted_and_not_chosen(
    table: SliceTable, recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A learning rate beyond all measure takes the place of the second trial's."""
    from hilum.steps.tune import trial

    turn = trial.apply_values

    def far(*given: object) -> Recipe:
        made: Recipe = turn(*given)  # type: ignore[arg-type]
        if made == recipe.model_copy(update={"classes": made.classes, "network": made.network}):
            return made
        beyond = {"learning_rate": 1e30, "backbone_learning_rate": 1e30, "warmup_epochs": 0.0}
        return made.model_copy(update={"training": made.training.model_copy(update=beyond)})

    monkeypatch.setattr(trial, "apply_values", far)
    found = tune(table, recipe, out=tmp_path / "out", trials=2, knobs=KNOBS, weights="none")
    assert found.trials["state"].tolist() == ["finished", "diverged"]
    assert found.trials["validation_auc"].isna().tolist() == [False, True]
    assert found.best == 1
