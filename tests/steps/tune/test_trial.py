"""One trial: settings as text, its row of trials.csv, and epoch by epoch its judge."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import pytest
from conftest import MakeTable

from hilum.learn.checkpoint import TrainingProgress
from hilum.learn.weights import Weights
from hilum.recipe import load_recipe
from hilum.steps.tune.knobs import all_knobs
from hilum.steps.tune.study import objective
from hilum.steps.tune.trial import Workbench, _Judge, knob_cells, trial_row

RECIPE = load_recipe(
    "phantom", ["network.hidden=[64, 8]", "network.dropout=[0.25, 0.5, 0]", "input.size=96"]
)
KNOBS = list(all_knobs().values())


def test_settings_are_short_text_and_lists_have_spaces_between() -> None:
    cells = knob_cells(RECIPE, KNOBS)
    assert cells["hidden"] == "64 8"
    assert cells["dropout"] == "0.25 0.5 0"
    assert cells["size"] == "96"
    assert cells["learning_rate"] == f"{RECIPE.training.learning_rate:.3g}"
    bare = load_recipe("phantom", ["network.hidden=[]", "network.dropout=[0]"])
    assert knob_cells(bare, [all_knobs()["hidden"]]) == {"hidden": "none"}


def row_of(reached: dict[str, float], state: str) -> dict[str, Any]:
    attributes = {"state": state, "kept": reached, "epochs": 3, "seconds": 1.5}
    trial: Any = SimpleNamespace(user_attrs=attributes)
    return trial_row(7, trial, RECIPE)


def test_a_row_has_its_metrics_and_every_knob() -> None:
    reached = {"validation_auc": 0.87654321, "validation_loss": 0.5, "validation_accuracy": 0.75}
    row = row_of(reached, "finished")
    assert (row["trial"], row["state"], row["epochs"], row["seconds"]) == (7, "finished", 3, 1.5)
    assert row["validation_auc"] == 0.876543
    assert {knob.sets.partition(".")[2] for knob in KNOBS} <= set(row)


def test_a_trial_without_a_network_has_no_metrics() -> None:
    row = row_of({}, "diverged")
    assert row["validation_auc"] is None and row["validation_loss"] is None


class Trial:
    """Keeps what is reported, and is worth stopping from some epoch on."""

    def __init__(self, stop_at: int) -> None:
        self.reports: list[tuple[float, int]] = []
        self.stop_at = stop_at

    def report(self, value: float, step: int) -> None:
        self.reports.append((value, step))

    def should_prune(self) -> bool:
        return len(self.reports) >= self.stop_at


def progress(*aucs: float) -> TrainingProgress:
    history = [
        {"epoch": n, "validation_auc": auc, "validation_loss": 0.5}
        for n, auc in enumerate(aucs, start=1)
    ]
    return TrainingProgress(history, best_epoch=1 + max(range(len(aucs)), key=aucs.__getitem__))


def test_the_judge_reports_the_best_epoch_so_far_and_stops_a_weak_trial() -> None:
    trial = Trial(stop_at=2)
    judge = _Judge(trial, epochs=5, pairs=50)  # type: ignore[arg-type]
    assert judge(progress(0.8)) is True
    assert judge(progress(0.8, 0.6)) is False
    values = [value for value, _ in trial.reports]
    assert values == [objective(0.8, 0.5, pairs=50)] * 2
    assert judge.stopped and judge.done == 2 and judge.kept["validation_auc"] == 0.8


def test_a_trial_that_has_run_to_its_end_is_not_stopped() -> None:
    judge = _Judge(Trial(stop_at=1), epochs=1, pairs=50)  # type: ignore[arg-type]
    assert judge(progress(0.5)) is True
    assert not judge.stopped


def bench_of(table: Any, **weights: Any) -> Workbench:
    start = Weights.placeholder(RECIPE, (0.5,) * 3, (0.25,) * 3)
    start = Weights(**{**vars(start), **weights})
    return Workbench(table, table, RECIPE, start, [all_knobs()["learning_rate"]], "")


def test_a_study_depends_on_slices_recipe_start_and_knobs(make_table: MakeTable) -> None:
    about = bench_of(make_table(4)).about()
    assert set(about) == {"table", "recipe", "start (--weights)", "choice of knobs"}
    assert bench_of(make_table(4, age="50")).about() == about  # other columns don't count
    assert bench_of(make_table(4, window="350/40")).about()["table"] != about["table"]
    assert bench_of(make_table(4), sha256="abc").about()["start (--weights)"] == "abc"


@pytest.mark.parametrize(
    ("labels", "pairs"), [(["cancer", "pneumonia", "pneumonia", "cancer"], 2), (["cancer"] * 4, 0)]
)
def test_pairs_are_those_of_validation_alone(
    make_table: MakeTable, labels: list[str], pairs: int
) -> None:
    table = make_table(4, label=labels, split=["validation"] * 3 + ["train"])
    assert bench_of(table).pairs() == pairs
    assert not math.isnan(objective(0.5, 0.5, pairs=pairs))
