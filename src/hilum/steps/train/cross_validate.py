"""Cross-validate: a table and a recipe in, one run out that holds a run for each fold."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from hilum.errors import UsageError
from hilum.learn.device import make_accelerator
from hilum.learn.prepare_training import Prepared, prepare_training
from hilum.prepare import count_notes, decode_table, note_sentences
from hilum.progress import SILENT, FollowedBy, Progress
from hilum.recipe import Recipe, as_recipe, dump_recipe
from hilum.run import RUN_MARKS, Run, write_json
from hilum.run.environment import describe_environment
from hilum.splits import merge_identities
from hilum.steps.classes import fill_classes
from hilum.steps.evaluate import evaluate
from hilum.steps.train.fold_plan import FoldPlan, deal_plan, plan_of_run
from hilum.steps.train.members import (
    MemberTraining,
    Start,
    finish_members,
    train_members,
    weights_location,
)
from hilum.storage.atomic import new_folder, refuse_existing, write_text
from hilum.storage.lock import exclusive_output
from hilum.table import SliceTable, as_table, refuse_own_slices, write_table

__all__ = ["cross_validate", "resume_folds"]

KIND = "cross-validation"


def cross_validate(
    table: SliceTable | Path | str,
    recipe: Recipe | Path | str,
    *,
    folds: int | str,
    out: Path | str,
    weights: Path | str | None = None,
    force: bool = False,
    progress: Progress = SILENT,
) -> Run:
    """Train the recipe once for each fold and score every slice by a network that never saw it.

    The folds are dealt by group and by label, from the recipe's seed; the table's own `split` has
    no say, and slices without one take part too. Within each fold a share of the other slices is
    the validation that its best epoch is chosen on. Nothing is written before every slice and
    setting was checked.

    With a column for `folds`, each of its values is left out in turn (`folds="source"`: the metrics
    are those of a source that was never seen). A group that several values share is not trained on
    where one of them is tested. A class that only one value has can't be learnt where that value
    is left out: its slices are scored there in pairs with classes that were learnt.

    Args:
        table: a slice table, or the path of one.
        recipe: a recipe, the name of a built-in one, or the path of a TOML file.
        folds: how many, at least 2; or the column whose values are left out.
        out: the run folder to make; the folds are run folders in `members/` of it.
        weights: see `hilum.learn.weights.find_weights`.
        force: replace a run that stands at `out`.
        progress: receives messages and progress.

    Returns:
        the finished run: out-of-fold predictions.csv, metrics.json, folds.csv.

    Raises:
        HilumError: the first thing that is wrong, in one sentence.
        KeyboardInterrupt: stopped; go on with `resume_folds`.
    """
    folder = Path(out)
    refuse_existing(folder, force=force, marks=RUN_MARKS)
    with exclusive_output(folder, "hilum train"):
        full_table, notes = merge_identities(as_table(table))
        refuse_own_slices(full_table, folder)
        filled = fill_classes(as_recipe(recipe), full_table)
        full_table = replace(full_table, harmonised=filled.input.harmonise)
        plan = deal_plan(full_table, filled, folds)
        where = weights_location(weights)
        prepared = prepare_training(filled, where)
        is_split = (full_table.rows["split"] != "").any()
        ignored = " The table's split column is ignored." if is_split else ""
        for sentence in (*notes, prepared.measured, plan.sentence + ignored, *plan.notes):
            if sentence:
                progress.say(sentence)
        with decode_table(
            plan.table, size=prepared.recipe.input.size, progress=progress
        ) as decoded:
            # every slice can be read: known before anything is written or replaced
            for sentence in note_sentences(count_notes(decoded.notes), len(plan.table)):
                progress.say(sentence)
        if prepared.accelerator.is_main_process:
            with new_folder(folder, force=force, marks=RUN_MARKS) as draft:
                _begin(Run(draft), plan, prepared, where)
        prepared.accelerator.wait_for_everyone()
        return _go_on(Run(folder), progress)


def resume_folds(folder: Path | str, *, progress: Progress = SILENT) -> Run:
    """Go on with an interrupted cross-validation: its open fold, further ones, the scores.

    Raises:
        UsageError: it is finished already.
        RunError: what it went on from is missing or broken.
    """
    run = Run(Path(folder))
    if run.finished:
        raise UsageError(f"the training in {run.folder} is finished; there is nothing to resume.")
    with exclusive_output(run.folder, "hilum train"):
        return _go_on(run, progress)


def _begin(run: Run, plan: FoldPlan, prepared: Prepared, where: str | None) -> None:
    """Write all that is known before the first fold."""
    recipe, folds = prepared.recipe, len(plan.parts)
    title = recipe.title or recipe.network.backbone
    way = f"each {plan.column} left out" if plan.column else f"{folds}-fold cross-validation"
    write_text(run.recipe_file, dump_recipe(recipe))
    content = {
        "kind": KIND,
        "title": f"{title}, {way}",
        "class_names": list(recipe.classes.names),
        "positive": recipe.classes.positive,
        "input": recipe.input.facts,
        "folds": folds,
    }
    if plan.column:
        content["left_out"] = {"column": plan.column, "values": list(plan.values)}
    write_json(content, run.network_file)
    environment = {**describe_environment(), "precision_reason": prepared.precision_reason}
    write_json(environment, run.environment_file)
    Start(where, prepared.weights.sha256).write(run)
    write_table(plan.table, run.table_file)


def _go_on(run: Run, progress: Progress) -> Run:
    """Train the folds that are left, then score them all."""
    recipe, table = run.recipe(), run.table()
    members = _members(plan_of_run(run, table, recipe), recipe)
    runs = train_members(run, members, FollowedBy(progress, len(table)))
    accelerator = make_accelerator()
    if accelerator.is_main_process:
        # the predictions come last, with the evaluation
        finish_members(run, members, runs, table="folds.csv")
        evaluate(run, progress=progress)
    accelerator.wait_for_everyone()
    return run


def _members(plan: FoldPlan, recipe: Recipe) -> list[MemberTraining]:
    """Return the training of each fold."""
    members = []
    for number, part in enumerate(plan.parts, start=1):
        without = f" (without {plan.values[number - 1]})" if plan.values else ""
        members.append(
            MemberTraining(
                f"fold-{number}", f"fold {number} of {len(plan.parts)}{without}", {"fold": number},
                part, plan.recipe(number - 1, recipe), partial_test=bool(plan.column),
            )
        )  # fmt: skip
    return members
