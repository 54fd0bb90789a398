"""The folds of a cross-validation: dealt by group, or one for each value of a column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pandas as pd

from hilum.errors import RunError, TableError
from hilum.recipe import Recipe
from hilum.run import Run
from hilum.scores import MOST_PARTS, bands
from hilum.splits import deal_folds, leave_out_folds
from hilum.table import SliceTable

__all__ = ["FoldPlan", "deal_plan", "plan_of_run"]


@dataclass(frozen=True)
class FoldPlan:
    """Which slices each fold trains, validates and tests on.

    Attributes:
        table: the slices that take part: `split` is `test` for those that a fold tests and empty
            for those of a class that their fold could not learn; `fold` is the fold's number, from
            1, empty for slices that are trained on in every fold.
        parts: for each fold its own slices, with `split` filled.
        column: the one whose values are left out, or "".
        values: what each fold leaves out; empty for folds dealt by group.
        notes: what must be known of the folds, in sentences.
    """

    table: SliceTable
    parts: tuple[SliceTable, ...]
    column: str = ""
    values: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """How the slices are divided, in plain words."""
        count = len(self.parts)
        if self.column:
            return (
                f"{count} folds, each without one {self.column}: {', '.join(self.values)}. Each is "
                f"tested by a network that saw none of it."
            )
        return f"{count} folds by group: every slice is tested on once."

    def lines(self) -> list[str]:
        """Return for each fold what it leaves out, is trained on and is tested on."""
        return [self._line(number) for number in range(len(self.parts))]

    def _line(self, number: int) -> str:
        rows = self.parts[number].rows
        counts = [
            rows["label"][rows["split"].isin(splits)].value_counts().sort_index()
            for splits in (["train", "validation"], ["test"])
        ]
        trained, tested = (
            ", ".join(f"{count} {label}" for label, count in of.items()) for of in counts
        )
        without = f", without {self.values[number]}" if self.values else ""
        return f"fold {number + 1}{without}: trained on {trained}; tested on {tested}"

    def recipe(self, number: int, recipe: Recipe) -> Recipe:
        """Return the recipe of one fold, from 0: with the classes that its slices have."""
        labels = set(self.parts[number].labels)
        names = tuple(name for name in recipe.classes.names if name in labels)
        classes = recipe.classes.model_copy(update={"names": names})
        return recipe.model_copy(update={"classes": classes})


def deal_plan(table: SliceTable, recipe: Recipe, folds: int | str) -> FoldPlan:
    """Return the folds of a table.

    Args:
        table: groups of one patient or file merged.
        recipe: with its classes filled in; its seed deals the folds.
        folds: how many; or the column whose values are left out one after the other, numbers in
            quarters. Slices without a value in it take no part.

    Raises:
        UsageError: fewer than two folds.
        TableError: there is no such column, or it names cases.
        SplitError: the groups or classes don't suffice.
    """
    if isinstance(folds, str):
        return _leave_out(table, recipe, folds)
    parts = deal_folds(table, folds, seed=recipe.training.seed)
    return FoldPlan(_tested(table, parts), tuple(parts))


def _leave_out(table: SliceTable, recipe: Recipe, column: str) -> FoldPlan:
    """Return a fold for each value of a column."""
    if column not in table.rows.columns:
        raise TableError(
            f"{table.name}: --leave-out needs a column of the table "
            f"({', '.join(table.rows.columns)}); got {column!r}."
        )
    filled = table.rows[column].str.strip() != ""
    used = table.where(filled)
    values = bands(used.rows[column].to_numpy(dtype=object))
    if len(set(values)) > MOST_PARTS:
        raise TableError(
            f"{table.name}: --leave-out trains a network for each value of a column, {MOST_PARTS} "
            f"at most; {column!r} has {len(set(values))}."
        )
    folds = leave_out_folds(
        used, values, column=column, positive=recipe.classes.positive, seed=recipe.training.seed
    )
    notes = [fold.sentence for fold in folds if fold.sentence]
    untested = sorted(set(values) - {fold.value for fold in folds})
    if untested:
        notes.append(
            f"Never left out: {', '.join(untested)}; no other slice is of the same class, so that "
            f"no network could be tested there."
        )
    if not filled.all():
        notes.append(f"{int((~filled).sum())} slices without {column} take no part.")
    return FoldPlan(
        table=_tested(used, [fold.table for fold in folds], values=list(values),
                      tested=[fold.value for fold in folds]),
        parts=tuple(fold.table.where(fold.table.rows["split"] != "") for fold in folds),
        column=column,
        values=tuple(fold.value for fold in folds),
        notes=tuple(notes),
    )  # fmt: skip


def _tested(
    table: SliceTable,
    parts: Sequence[SliceTable],
    *,
    values: Sequence[str] = (),
    tested: Sequence[str] = (),
) -> SliceTable:
    """Return the table with the fold of each slice, and `test` where that fold tests it.

    Args:
        table: all slices.
        parts: the same slices with the split of each fold.
        values, tested: what each slice has, and what each fold leaves out; empty where each slice
            is of the fold that tests it.
    """
    fold = pd.Series("", index=table.rows.index)
    split = pd.Series("", index=table.rows.index)
    for number, part in enumerate(parts, start=1):
        is_test = part.rows["split"] == "test"
        split[is_test] = "test"
        own = pd.Series(values, index=table.rows.index) == tested[number - 1] if tested else is_test
        fold[own] = str(number)
    return replace(table, rows=table.rows.assign(split=split, fold=fold))


def plan_of_run(run: Run, table: SliceTable, recipe: Recipe) -> FoldPlan:
    """Return the folds of a cross-validation that was begun, dealt as at its start.

    Args:
        run: its folder.
        table, recipe: those in it.

    Raises:
        RunError: they are not those that its table tells.
    """
    network = run.network()
    folds = network.get("folds")
    if not isinstance(folds, int) or "fold" not in table.rows.columns:
        raise RunError(f"{run.folder} does not say its folds: it is not a complete run folder.")
    column = (network.get("left_out") or {}).get("column")
    plan = deal_plan(table, recipe, str(column) if column else folds)
    same = (plan.table.rows[["split", "fold"]] == table.rows[["split", "fold"]]).to_numpy().all()
    if len(plan.table) != len(table) or not same:
        raise RunError(
            f"{run.table_file} can't be dealt into the folds that it tells, as after a change "
            f"by hand; start the cross-validation again."
        )
    return plan
