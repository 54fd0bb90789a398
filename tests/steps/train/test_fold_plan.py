"""The folds of a cross-validation: dealt by group, or a value of a column left out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from hilum.errors import RunError, TableError
from hilum.recipe import Recipe, load_recipe
from hilum.run import Run, write_json
from hilum.steps.classes import fill_classes
from hilum.steps.train.fold_plan import FoldPlan, deal_plan, plan_of_run
from hilum.table import SliceTable

MakeTable = Callable[..., SliceTable]

SOURCES = ["east", "west", "isle"]


def made(make_table: MakeTable, **columns: list[str]) -> SliceTable:
    """60 slices of 60 groups, cancer and pneumonia in turn, of three sources."""
    source = [SOURCES[n // 2 % 3] for n in range(60)]
    return make_table(60, **{"source": source, **columns})


def planned(table: SliceTable, folds: int | str) -> tuple[FoldPlan, Recipe]:
    recipe = fill_classes(load_recipe("phantom"), table)
    return deal_plan(table, recipe, folds), recipe


def test_folds_by_group_test_every_slice_once(make_table: MakeTable) -> None:
    plan, _ = planned(made(make_table), 3)
    rows = plan.table.rows
    assert set(rows["split"]) == {"test"}
    assert set(rows["fold"]) == {"1", "2", "3"}
    assert (plan.column, plan.values, plan.notes) == ("", (), ())
    assert plan.sentence == "3 folds by group: every slice is tested on once."


def test_a_source_left_out_is_its_own_fold(make_table: MakeTable) -> None:
    table = made(make_table)
    plan, recipe = planned(table, "source")
    assert plan.values == ("east", "isle", "west")
    for number, value in enumerate(plan.values, start=1):
        own = plan.table.rows["fold"] == str(number)
        assert set(table.rows["source"][own.to_numpy()]) == {value}
        assert plan.recipe(number - 1, recipe).classes.names == ("cancer", "pneumonia")
    assert plan.lines()[0] == (
        "fold 1, without east: trained on 20 cancer, 20 pneumonia; tested on 10 cancer, "
        "10 pneumonia"
    )


def test_a_class_of_one_source_is_neither_tested_nor_a_class_of_its_fold(
    make_table: MakeTable,
) -> None:
    label = ["cancer" if n % 2 else "benign" if n // 2 % 3 == 2 else "pneumonia" for n in range(60)]
    plan, recipe = planned(made(make_table, label=label), "source")
    isle = plan.values.index("isle")
    rows = plan.table.rows
    assert set(rows["split"][rows["label"] == "benign"]) == {""}
    assert set(rows["fold"][rows["label"] == "benign"]) == {str(isle + 1)}
    assert plan.recipe(isle, recipe).classes.names == ("cancer", "pneumonia")
    assert "benign" not in set(plan.parts[isle].rows["label"])
    assert plan.notes[0].startswith("isle left out: its benign slices are scored in pairs only")


def test_numbers_are_left_out_in_quarters_and_slices_without_one_take_no_part(
    make_table: MakeTable,
) -> None:
    ages = ["" if n < 4 else str(30 + n % 17) for n in range(60)]
    plan, _ = planned(made(make_table, age=ages), "age")
    assert plan.values == ("30 to 34", "34 to 37.5", "37.5 to 42", "42 to 46")
    assert len(plan.table) == 56
    assert plan.notes[-1] == "4 slices without age take no part."


@pytest.mark.parametrize(
    ("column", "message"),
    [
        ("hospital", r"--leave-out needs a column of the table \(slice_id, .*got 'hospital'\.$"),
        ("group", r"20 at most; 'group' has 60\.$"),
    ],
)
def test_a_column_that_names_no_values_is_refused(
    make_table: MakeTable, column: str, message: str
) -> None:
    with pytest.raises(TableError, match=message):
        planned(made(make_table), column)


def test_a_run_deals_as_at_its_start_and_refuses_a_table_that_was_changed(
    make_table: MakeTable, tmp_path: Path
) -> None:
    plan, recipe = planned(made(make_table), "source")
    run = Run(tmp_path)
    content = {"folds": 3, "left_out": {"column": "source", "values": list(plan.values)}}
    write_json(content, run.network_file)
    again = plan_of_run(run, plan.table, recipe)
    assert [part.rows["split"].tolist() for part in again.parts] == [
        part.rows["split"].tolist() for part in plan.parts
    ]
    swapped = plan.table.rows["fold"].map({"1": "2", "2": "1", "3": "3"})
    changed = replace(plan.table, rows=plan.table.rows.assign(fold=swapped))
    with pytest.raises(RunError, match="can't be dealt into the folds that it tells"):
        plan_of_run(run, changed, recipe)
