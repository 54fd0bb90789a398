"""What is checked of a training before torch is loaded: output, table, classes, splits."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from hilum.recipe import Recipe, as_recipe
from hilum.run import RUN_MARKS
from hilum.splits import SplitRules, check_splits
from hilum.steps.classes import fill_classes
from hilum.storage.atomic import refuse_existing
from hilum.table import SliceTable, as_table, refuse_own_slices

__all__ = ["check_inputs", "check_training"]


def check_training(
    table: SliceTable | Path | str,
    recipe: Recipe | Path | str,
    *,
    out: Path,
    leaky: bool = False,
    force: bool = False,
    split: bool = True,
) -> tuple[SliceTable, Recipe]:
    """Return table and recipe of a training, read and checked as far as no network is needed.

    Loading torch takes seconds; a wrong class, split or output is refused before it.

    Args:
        table, recipe, out, leaky, force: see `hilum.train`.
        split: whether the table must be split; not needed where folds are dealt.

    Raises:
        HilumError: the first thing that is wrong, in one sentence.
    """
    refuse_existing(out, force=force, marks=RUN_MARKS)
    full_table, settings = as_table(table), as_recipe(recipe)
    if split:
        check_inputs(full_table, settings, out=out, rules=SplitRules(leaky=leaky))
    else:
        refuse_own_slices(full_table, out)
        fill_classes(settings, full_table)
    return full_table, settings


def check_inputs(
    table: SliceTable, recipe: Recipe, *, out: Path, rules: SplitRules
) -> tuple[SliceTable, Recipe]:
    """Return the slices that have a split, and the recipe with its classes.

    Raises:
        HilumError: the output holds slices of the table, a class doesn't fit, or a split doesn't.
    """
    refuse_own_slices(table, out)
    used = table.where(table.rows["split"] != "")
    filled = fill_classes(recipe, used if len(used) else table)
    used = replace(used, harmonised=filled.input.harmonise)
    check_splits(used if len(used) else table, rules)
    return used, filled
