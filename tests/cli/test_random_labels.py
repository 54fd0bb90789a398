"""`hilum random-labels`: what it says, and its exit code."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from short_training import SHORT

from hilum.audit import Concern

Call = Callable[..., Any]


def test_it_says_both_aucs_and_what_they_mean(workdir: Path, hilum: Call) -> None:
    run = workdir / "random"
    done = hilum(
        "random-labels", workdir / "slices.csv", "--recipe", "phantom", "--out", run, *SHORT,
        "--seed", 3,
    )  # fmt: skip
    assert "Random labels for 24 groups; split by group." in done.err
    assert "border auc" in done.out
    assert "With random labels the test AUC is" in done.out
    assert done.code == ("though no group is in more than one split" in done.out)
    assert (run / "recipe.toml").read_text().count("seed = 3") == 1
    again = hilum("random-labels", workdir / "slices.csv", "--recipe", "phantom", "--out", run)
    again.refused(2, "exists already", "--force")
    twice = hilum(
        "random-labels", run / "slices.csv", "--recipe", "phantom", "--out", workdir / "x"
    )
    twice.refused(2, "has random labels already")


@pytest.mark.parametrize(("level", "code"), [("leaks", 1), ("holds", 0)])
def test_a_leak_is_exit_code_1(
    level: str, code: int, workdir: Path, hilum: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = Concern("random labels", level, "So it is.", {})
    monkeypatch.setattr(
        "hilum.steps.evaluate.metrics.random_labels_concern", lambda *_, **__: content
    )
    done = hilum(
        "random-labels",
        workdir / "slices.csv",
        "--recipe",
        "phantom",
        "--out",
        workdir / "r",
        *SHORT,
    )
    assert (done.code, done.out.splitlines()[-1]) == (code, "So it is.")


def test_by_image_needs_no_leaky_and_is_no_failure(workdir: Path, hilum: Call) -> None:
    done = hilum(
        "random-labels", workdir / "slices.csv", "--recipe", "phantom", "--out", workdir / "r",
        *SHORT,
        "--by", "image",
    )  # fmt: skip
    assert done.code == 0
    assert "Leak: " in done.err and "With random labels the test AUC is" in done.out
