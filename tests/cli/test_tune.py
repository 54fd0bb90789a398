"""hilum tune, as a user has it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

Call = Callable[..., Any]


def test_it_prints_the_trials_the_best_first_and_what_they_are_worth(
    workdir: Path, hilum: Call
) -> None:
    done = hilum(
        "tune", workdir / "slices.csv", "--recipe", "phantom", "--weights", "none", "--out",
        workdir / "out", "--set", "training.epochs=1", "--set", "input.size=32", "--trials", 2,
        "--knob", "dropout", "--knob", "frozen",
    )  # fmt: skip
    assert done.code == 0, done.err
    assert "Random weights: the whole network is trained, and frozen is not tuned." in done.err
    assert "Judged by validation AUC, then loss; the test slices are not read." in done.err
    assert "trial 2 of 2: epoch 1 of 1: train loss" in done.err
    lines = done.out.splitlines()
    assert lines[0].split()[:4] == ["trial", "state", "AUC", "loss"]
    assert sorted(line.split()[0] for line in lines[1:3]) == ["1", "2"]
    assert lines[3].startswith(f"Best: trial {lines[1].split()[0]} of 2, validation AUC ")
    assert "The best of 2 is optimistic" in lines[3]
    recipe = workdir / "out" / "recipe.toml"
    assert lines[4] == (
        f"Next: hilum train {workdir / 'slices.csv'} --recipe {recipe} --weights none --out RUN"
    )


def test_what_set_fixes_is_not_turned(workdir: Path, hilum: Call) -> None:
    done = hilum(
        "tune", workdir / "slices.csv", "--recipe", "phantom", "--weights", "none", "--out",
        workdir / "fixed", "--set", "training.epochs=1", "--set", "input.size=32", "--trials", 2,
        "--set", "network.hidden=[]", "--set", "network.dropout=[0.0]",
    )  # fmt: skip
    assert done.code == 0, done.err
    assert "Fixed by --set: dropout, hidden, size.\n" in done.err
    assert "Knobs: learning_rate, backbone_learning_rate, epsilon." in done.err
    trials = pd.read_csv(workdir / "fixed" / "trials.csv")
    assert trials["size"].tolist() == [32, 32]
    assert trials["learning_rate"].nunique() == 2


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("--knob", "colour"), 2, "there is no knob 'colour'; there are learning_rate"),
        (("--recipe", "nosuch"), 2, "there is no recipe 'nosuch'"),
        (("--weights", "nowhere"), 2, "there is no weights folder nowhere"),
    ],
)
def test_a_wrong_call_is_refused_before_anything_is_made(
    workdir: Path, hilum: Call, arguments: tuple[str, ...], code: int, words: str
) -> None:
    given = ("tune", workdir / "slices.csv", "--out", workdir / "out", "--recipe", "phantom")
    hilum(*given, *arguments).refused(code, words)
    assert not (workdir / "out").exists()
