"""`hilum train --dry-run`: what it says; it writes nothing and refuses as a training does."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import hilum as python
from hilum.errors import HilumError

Call = Callable[..., Any]


def test_it_says_what_would_be_trained_and_leaves_the_folder_as_it_was(
    train: Call, workdir: Path, untouched: Call
) -> None:
    run = workdir / "run"
    with untouched(workdir):
        done = train(workdir / "slices.csv", run, "--dry-run")
    assert done.code == 0, done.err
    lines = done.out.splitlines()
    assert lines[:3] == [
        "train: 16 cancer slices of 8 groups, 16 pneumonia slices of 8 groups",
        "validation: 4 cancer slices of 2 groups, 4 pneumonia slices of 2 groups",
        "test: 4 cancer slices of 2 groups, 4 pneumonia slices of 2 groups",
    ]
    assert lines[3].startswith("network: ResNet10-T on phantoms, ")
    assert lines[4].startswith("time: about ") and ": 1 epochs of " in lines[4]
    assert lines[5].startswith("memory: ") and lines[5].endswith(" GB (measured)")
    assert lines[6] == f"Nothing was trained; {run} was left alone."
    assert "Design: crossed." in done.err and "Weights: random" in done.err


def test_a_run_that_is_there_stays_even_with_force(
    train: Call, phantoms: Path, run_copy: Path, untouched: Call
) -> None:
    with untouched(run_copy.parent):
        train(phantoms / "slices.csv", run_copy, "--dry-run").refused(2, "--force")
        assert train(phantoms / "slices.csv", run_copy, "--dry-run", "--force").code == 0


@pytest.mark.parametrize(
    ("cells", "options"),
    [
        ({"split": "nowhere"}, ()),
        ({"group": "p-of-test"}, ()),
        ({"path": "missing.png"}, ()),
        ({}, ("--set", "classes.positive=flu")),
        ({}, ("--set", "training.batch_size=1")),
        ({}, ("--weights", "no/such/folder")),
    ],
)
def test_what_a_training_refuses_a_dry_run_refuses_in_the_same_words(
    train: Call, workdir: Path, change_table: Call, cells: dict[str, str], options: tuple[str, ...]
) -> None:
    if "group" in cells:
        rows = python.read_table(workdir / "slices.csv").rows
        first = rows["split"].iloc[0]
        cells = {"group": str(rows.loc[rows["split"] != first, "group"].iloc[0])}
    table = change_table(**cells) if cells else workdir / "slices.csv"
    refused = train(table, workdir / "run", *options)
    planned = train(table, workdir / "run", *options, "--dry-run")
    assert refused.code == planned.code != 0
    last = refused.err.rstrip().splitlines()[-1]
    assert last.startswith("hilum: ")
    assert planned.err.rstrip().splitlines()[-1] == last
    assert not (workdir / "run").exists()


def test_a_report_is_not_planned(train: Call, phantoms: Path, tmp_path: Path) -> None:
    done = train(phantoms / "slices.csv", tmp_path / "run", "--dry-run", "--report")
    assert done.code == 2 and "--dry-run can't be combined with --report or" in done.err


@pytest.mark.parametrize(("option", "count"), [("--folds", 3), ("--seeds", 4)])
def test_folds_and_seeds_are_planned_as_so_many_trainings(
    train: Call, workdir: Path, untouched: Call, option: str, count: int
) -> None:
    with untouched(workdir):
        done = train(workdir / "slices.csv", workdir / "run", "--dry-run", option, count)
    assert done.code == 0, done.err
    assert f": {count} trainings of 1 epochs of " in done.out


def test_the_time_of_several_trainings_is_that_of_one_so_many_times(
    phantoms: Path, tmp_path: Path
) -> None:
    recipe = python.load_recipe("phantom", ("training.epochs=1", "input.size=64"))
    plan = python.plan_training(
        phantoms / "slices.csv", recipe, out=tmp_path / "run", weights="none"
    )
    several = plan.times(5)
    assert several.seconds == pytest.approx(5 * plan.seconds)
    assert several.times(1) == plan


def test_python_gets_the_numbers(phantoms: Path, tmp_path: Path, untouched: Call) -> None:
    changes = ("training.epochs=3", "input.size=64")
    recipe = python.load_recipe("phantom", changes)
    with untouched(tmp_path):
        plan = python.plan_training(
            phantoms / "slices.csv", recipe, out=tmp_path / "run", weights="none"
        )
    assert plan.counts["train"] == {"cancer": (16, 8), "pneumonia": (16, 8)}
    assert plan.design[0] == "crossed"
    assert plan.leak == "No group is in more than one split."
    assert plan.recipe.training.frozen_once == "no"  # decided, where the given one leaves it open
    assert plan.trained_parameters == plan.parameters > 0
    assert plan.steps * plan.step_seconds * 3 <= plan.seconds < 600
    with pytest.raises(HilumError, match="nothing"):
        python.plan_training("nothing.csv", recipe, out=tmp_path / "run")
