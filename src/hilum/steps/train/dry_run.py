"""A dry run of a training: what would be trained, on what, how long; no run folder is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from hilum.audit import judge_design
from hilum.learn.networks import count_parameters
from hilum.learn.timing.rehearse import Rehearsal, rehearse
from hilum.progress import SILENT, Progress, span_text
from hilum.recipe import Recipe, as_recipe
from hilum.splits import SplitRules, find_leak, merge_identities
from hilum.steps.classes import fill_classes
from hilum.steps.train.fold_plan import deal_plan
from hilum.steps.train.options import TrainOptions
from hilum.steps.train.ready import ReadyTraining, ready_training
from hilum.table import SPLITS, SliceTable, as_table

__all__ = ["PlannedTraining", "plan_folds", "plan_training"]

GIGA = 1e9
"""Bytes of a gigabyte, as disks and shops count."""


@dataclass(frozen=True)
class PlannedTraining:
    """What `hilum.train` would do with the same arguments.

    Attributes:
        recipe: complete: input size, freeze point, precision and `frozen_once` are resolved.
        weights: the backbone's initial weights, in words.
        device: "cpu", "cuda" ...
        precision: "float32" or "bfloat16".
        parameters, trained_parameters: of the network with its head.
        counts: split -> label -> (slices, groups).
        design: level of the design verdict, and its sentence.
        leak: sentence on groups that several splits share.
        steps: of one epoch.
        step_seconds: of one step, once the frozen part is in the cache; measured.
        seconds: of all epochs of all trainings, from measured steps; patience may end them earlier.
            Decoding is done by then; export and evaluation are not counted.
        memory: peak memory of this process after the measured steps, bytes; None where the system
            does not report it. Earlier work of the process counts too.
        gpu_memory: peak memory on the GPU, bytes; None without one.
        trainings: how many there are, as with several folds or seeds.
    """

    recipe: Recipe
    weights: str
    device: str
    precision: str
    parameters: int
    trained_parameters: int
    counts: Mapping[str, Mapping[str, tuple[int, int]]]
    design: tuple[str, str]
    leak: str
    steps: int
    step_seconds: float
    seconds: float
    memory: int | None
    gpu_memory: int | None
    trainings: int = 1

    def times(self, trainings: int) -> PlannedTraining:
        """Return the plan of so many trainings in a row, as of several folds or seeds."""
        seconds = self.seconds / self.trainings * trainings
        return replace(self, trainings=trainings, seconds=seconds)

    def lines(self) -> list[str]:
        """Return the plan as lines of text, without design and weights."""
        epochs = self.recipe.training.epochs
        title = self.recipe.title or self.recipe.network.backbone
        counted = [f"{split}: {_counts_text(self.counts[split])}" for split in self.counts]
        early = " at most" if self.recipe.training.patience else ""
        gpu = f", {self.gpu_memory / GIGA:.1f} GB on the GPU" if self.gpu_memory else ""
        several = f"{self.trainings} trainings of " if self.trainings > 1 else ""
        process = "unknown" if self.memory is None else f"{self.memory / GIGA:.1f} GB"
        return [
            *counted,
            f"network: {title}, {self.trained_parameters:,} of {self.parameters:,} parameters "
            f"trained, in {self.precision} on {self.device}",
            f"time: about {span_text(self.seconds)}{early}: {several}{epochs} epochs of "
            f"{self.steps} steps, "
            f"{self.step_seconds:.2f} s a step (measured)",
            f"memory: {process}{gpu} (measured)",
        ]


def plan_training(
    table: SliceTable | Path | str,
    recipe: Recipe | Path | str,
    *,
    out: Path | str,
    weights: Path | str | None = None,
    leaky: bool = False,
    force: bool = False,
    progress: Progress = SILENT,
) -> PlannedTraining:
    """Check and measure what `train` would do with the same arguments, without a run folder.

    Everything that `train` checks before its first step is checked in the same way, including every
    slice; then a few steps are taken to measure time and memory, and discarded. Decoded slices and
    outputs of the frozen part go to the cache, where the training finds them.

    Args:
        table: a slice table with its `split` column filled, or the path of one.
        recipe: a recipe, the name of a built-in one, or the path of a TOML file.
        out: the run folder that would be created.
        weights: see `hilum.learn.weights.find_weights`.
        leaky: plan although groups are in more than one split.
        force: whether `train` would replace a folder at `out`; it is not changed here.
        progress: receives messages and progress.

    Raises:
        HilumError: what `train` would raise before its first step.
    """
    options = TrainOptions(weights, leaky, force)
    return _plan(table, recipe, Path(out), options, SplitRules(leaky=leaky), progress)


def plan_folds(
    table: SliceTable | Path | str,
    recipe: Recipe | Path | str,
    *,
    folds: int | str,
    out: Path | str,
    options: TrainOptions | None = None,
    progress: Progress = SILENT,
) -> PlannedTraining:
    """Check and measure what `cross_validate` would do: the plan of its largest fold, for all.

    Args:
        folds: how many; or the column whose values are left out.

    Other Args, Raises: see `plan_training`.
    """
    merged, _ = merge_identities(as_table(table))
    settings = fill_classes(as_recipe(recipe), merged)
    dealt = deal_plan(merged, settings, folds)
    for sentence in (dealt.sentence, *dealt.notes, *(dealt.lines() if dealt.column else ())):
        progress.say(sentence)
    largest = max(
        range(len(dealt.parts)), key=lambda n: (dealt.parts[n].rows["split"] != "test").sum()
    )
    plan = _plan(
        dealt.parts[largest], dealt.recipe(largest, settings), Path(out), options or TrainOptions(),
        SplitRules(partial_test=bool(dealt.column)), progress,
    )  # fmt: skip
    return plan.times(len(dealt.parts))


def _plan(
    table: SliceTable | Path | str,
    recipe: Recipe | Path | str,
    out: Path,
    options: TrainOptions,
    rules: SplitRules,
    progress: Progress,
) -> PlannedTraining:
    """Check everything, then measure a few steps."""
    with ready_training(
        table, recipe, out=out, weights=options.weights, rules=rules, force=options.force,
        progress=progress,
    ) as ready:  # fmt: skip
        if ready.plan.sentence:
            progress.say(ready.plan.sentence)
        total, trained = count_parameters(ready.prepared.network)
        ready.job.feed = ready.plan.feed
        measured = rehearse(ready.job, ready.prepared.accelerator)
        return _planned(ready, measured, (total, trained))


def _planned(
    ready: ReadyTraining, measured: Rehearsal, parameters: tuple[int, int]
) -> PlannedTraining:
    """Return the plan from the checks and measurements."""
    prepared, recipe = ready.prepared, ready.prepared.recipe
    verdict = judge_design(ready.table, positive=recipe.classes.positive)
    return PlannedTraining(
        recipe=recipe,
        weights=prepared.weights.origin,
        device=prepared.accelerator.device.type,
        precision=prepared.precision,
        parameters=parameters[0],
        trained_parameters=parameters[1],
        counts=_counts(ready.table),
        design=(verdict.level, verdict.sentence),
        leak=find_leak(ready.table).sentence,
        steps=measured.steps,
        step_seconds=measured.known_step,
        seconds=measured.seconds_of(recipe.training.epochs),
        memory=measured.memory,
        gpu_memory=measured.gpu_memory,
    )


def _counts(table: SliceTable) -> dict[str, dict[str, tuple[int, int]]]:
    """Return split -> label -> (slices, groups)."""
    counts: dict[str, dict[str, tuple[int, int]]] = {}
    for split in SPLITS:
        rows = table.rows[table.rows["split"] == split]
        groups = {label: rows.loc[rows["label"] == label, "group"] for label in table.labels}
        counts[split] = {label: (len(found), found.nunique()) for label, found in groups.items()}
    return counts


def _counts_text(of_label: Mapping[str, tuple[int, int]]) -> str:
    """Return `16 cancer slices of 8 groups, 16 pneumonia slices of 8 groups`."""
    return ", ".join(
        f"{slices} {label} slices of {groups} groups"
        for label, (slices, groups) in of_label.items()
    )
