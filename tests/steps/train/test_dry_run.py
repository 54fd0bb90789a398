"""A plan of a training in words, and from a real preparation."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hilum.recipe import load_recipe
from hilum.steps.train.dry_run import PlannedTraining, plan_training
from hilum.table import SliceTable

PLAN = PlannedTraining(
    recipe=load_recipe("phantom", ["training.epochs=3", "training.patience=0"]),
    weights="folder w", device="cpu", precision="float32", parameters=2_000_000,
    trained_parameters=500_000, counts={"train": {"cancer": (16, 8), "pneumonia": (4, 2)}},
    design=("crossed", "..."), leak="", steps=7, step_seconds=0.125, seconds=100.0,
    memory=1_250_000_000, gpu_memory=None,
)  # fmt: skip


def test_the_plan_is_four_lines_for_one_split() -> None:
    assert PLAN.lines() == [
        "train: 16 cancer slices of 8 groups, 4 pneumonia slices of 2 groups",
        "network: ResNet10-T on phantoms, 500,000 of 2,000,000 parameters trained, in float32 on "
        "cpu",
        "time: about 2 min: 3 epochs of 7 steps, 0.12 s a step (measured)",
        "memory: 1.2 GB (measured)",
    ]


def test_patience_a_gpu_and_an_unknown_memory_are_said() -> None:
    training = PLAN.recipe.training.model_copy(update={"patience": 2})
    patient = replace(PLAN, recipe=PLAN.recipe.model_copy(update={"training": training}))
    assert "time: about 2 min at most: " in patient.lines()[2]
    on_gpu = replace(PLAN, memory=None, gpu_memory=3_000_000_000)
    assert on_gpu.lines()[3] == "memory: unknown, 3.0 GB on the GPU (measured)"


@pytest.fixture(scope="module")
def plan(table: SliceTable, tmp_path_factory: pytest.TempPathFactory) -> PlannedTraining:
    changes = ["network.backbone=test_resnet", "input.size=32", "training.batch_size=8",
               "training.epochs=2", "training.precision=float32"]  # fmt: skip
    out = tmp_path_factory.mktemp("plan") / "run"
    found = plan_training(table, load_recipe("phantom", changes), out=out, weights="none")
    assert not out.exists()
    return found


def test_slices_and_groups_of_each_split_are_counted(
    plan: PlannedTraining, table: SliceTable
) -> None:
    rows = table.rows
    for split, of_label in plan.counts.items():
        for label, (slices, groups) in of_label.items():
            own = rows[(rows["split"] == split) & (rows["label"] == label)]
            assert (slices, groups) == (len(own), own["group"].nunique())
    assert list(plan.counts) == ["train", "validation", "test"]


def test_time_follows_from_the_measured_steps(plan: PlannedTraining, table: SliceTable) -> None:
    count = int((table.rows["split"] == "train").sum())
    assert plan.steps == count // 8
    assert plan.seconds >= 2 * plan.steps * plan.step_seconds > 0
    assert plan.trained_parameters == plan.parameters  # from random weights all is trained
    assert (plan.weights, plan.precision) == ("random initialisation", "float32")
