"""The study of a tuning: trials compared, resumed, and only with the same recipe."""

from __future__ import annotations

from pathlib import Path

import pytest

from hilum.errors import RunError, UsageError
from hilum.steps.tune.study import ask, finished_trials, objective, open_study


def test_worth_goes_by_auc_first_and_by_loss_among_equals() -> None:
    pairs = 9 * 9
    step = 1 / (2 * pairs)
    assert objective(0.5 + step, 1e9, pairs=pairs) > objective(0.5, 0.0, pairs=pairs)
    assert objective(1.0, 0.1, pairs=pairs) > objective(1.0, 0.2, pairs=pairs)
    assert objective(0.8, 1.0, pairs=50) == pytest.approx(0.8 - 0.5 / 200)
    assert objective(float("nan"), 0.1, pairs=0) > objective(float("nan"), 0.2, pairs=0)


ABOUT = {"table": "t", "recipe": "r"}
SPACES = {"learning_rate": (1e-4, 1e-2), "hidden": ("[8]", "[]")}
OWN = {"learning_rate": 3e-3, "hidden": "[8]"}


def draw(path: Path, count: int, *, seed: int = 0) -> list[dict[str, float | str]]:
    """Open a study, ask for trials and finish them; return their values."""
    drawn = []
    with open_study(path, ABOUT) as study:
        for _ in range(count):
            trial, values = ask(study, SPACES, OWN, seed=seed)
            study.tell(trial, float(values["learning_rate"]))
            drawn.append(values)
    return drawn


def test_the_first_trial_is_the_recipes_own_and_values_stay_in_their_range(tmp_path: Path) -> None:
    drawn = draw(tmp_path / "study.db", 4)
    assert drawn[0] == OWN
    assert all(1e-4 <= float(values["learning_rate"]) <= 1e-2 for values in drawn)
    assert {values["hidden"] for values in drawn} <= {"[8]", "[]"}


def test_a_study_that_was_closed_goes_on_with_the_same_values(tmp_path: Path) -> None:
    at_once = draw(tmp_path / "one.db", 4)
    assert draw(tmp_path / "two.db", 2) + draw(tmp_path / "two.db", 2) == at_once
    assert draw(tmp_path / "other.db", 2, seed=1)[1] != at_once[1]


def test_a_trial_that_was_broken_off_does_not_count(tmp_path: Path) -> None:
    with open_study(tmp_path / "study.db", ABOUT) as study:
        trial, _ = ask(study, SPACES, OWN, seed=0)
        study.tell(trial, 0.5)
        ask(study, SPACES, OWN, seed=0)
    with open_study(tmp_path / "study.db", ABOUT) as study:
        assert [trial.number for trial in finished_trials(study)] == [0]
        assert [trial.state.name for trial in study.get_trials()] == ["COMPLETE", "FAIL"]


def test_a_study_of_something_else_is_refused_with_what_differs(tmp_path: Path) -> None:
    draw(tmp_path / "study.db", 1)
    other = {"table": "another", "recipe": "another"}
    with (
        pytest.raises(
            UsageError, match="holds trials with another table and another recipe; continue"
        ),
        open_study(tmp_path / "study.db", other),
    ):
        pass


def test_a_file_that_is_no_study_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "study.db").write_text("mine")
    with (
        pytest.raises(RunError, match=r"study\.db is not a study of `hilum tune`: "),
        open_study(tmp_path / "study.db", ABOUT),
    ):
        pass
    assert (tmp_path / "study.db").read_text() == "mine"
