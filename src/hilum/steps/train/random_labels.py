"""The self-test: train on random labels, and check that the metrics show it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from hilum.audit import LEAKS, REAL_LABEL
from hilum.errors import UsageError
from hilum.progress import SILENT, Progress
from hilum.recipe import Recipe, as_recipe
from hilum.run import RUN_MARKS, Run
from hilum.splits import split_table
from hilum.steps.evaluate import evaluate
from hilum.steps.train.step import train
from hilum.storage.atomic import refuse_existing
from hilum.table import SliceTable, as_table

__all__ = ["MARK", "RandomLabels", "draw_labels", "random_labels"]

MARK = "random labels"
"""Marks the title of such a run, so that it is not mistaken for a real one."""
OF_LABELS = 1
"""Separates this random stream from the split's, which has the same seed."""


@dataclass(frozen=True)
class RandomLabels:
    """The result of the self-test.

    Attributes:
        run: the run folder.
        level: `holds`, `leaks`, `shows`, `unseen` or `undefined`, see
            `hilum.audit.random_labels_concern`.
        sentence: the same in plain words.
        metrics: content of metrics.json.
    """

    run: Run
    level: str
    sentence: str
    metrics: dict[str, Any]

    @property
    def leaks(self) -> bool:
        """Whether the AUC's interval excludes 0.5 although no group is in more than one split."""
        return self.level == LEAKS


def random_labels(
    table: SliceTable | Path | str,
    recipe: Recipe | Path | str,
    *,
    out: Path | str,
    by: Literal["group", "image"] = "group",
    weights: Path | str | None = None,
    force: bool = False,
    progress: Progress = SILENT,
) -> RandomLabels:
    """Give every group a random label, split, train the unchanged recipe, and judge its test AUC.

    Args:
        table: a slice table, or the path of one; its column split is ignored.
        recipe: a recipe, the name of a built-in one, or the path of a TOML file; its seed draws
            the labels and the split too.
        out: the run folder to create; it is marked, see `MARK`.
        by: "group" must give an AUC whose interval includes 0.5; "image" shows the effect of the
            leak of a split by single slices.
        weights: see `hilum.learn.weights.find_weights`.
        force: replace an existing run at `out`.
        progress: receives messages and progress.

    Raises:
        HilumError: the first thing that is wrong, in one sentence.
        KeyboardInterrupt: stopped; `resume` and `evaluate` finish the run and its verdict.
    """
    refuse_existing(Path(out), force=force, marks=RUN_MARKS)
    full_table, settings = as_table(table), as_recipe(recipe)
    drawn = draw_labels(full_table, seed=settings.training.seed)
    dealt = split_table(drawn, by=by, seed=settings.training.seed)
    groups = dealt.rows["group"].nunique()
    progress.say(f"Random labels for {groups} groups; split by {by}.")
    title = f"{settings.title or settings.network.backbone} ({MARK}, by {by})"
    run = train(
        dealt, settings.model_copy(update={"title": title}), out=out, weights=weights,
        leaky=by == "image", force=force, progress=progress,
    )  # fmt: skip
    metrics = evaluate(run, progress=progress)
    verdict = metrics["random_labels"]
    return RandomLabels(run, verdict["level"], verdict["sentence"], metrics)


def draw_labels(table: SliceTable, *, seed: int = 0) -> SliceTable:
    """Return `table` with labels shuffled among its groups, all slices of a group the same.

    A group of several labels counts as that of most of its slices. The number of groups per label
    is unchanged; slices are not read. The column `real_label` holds the original labels.

    Raises:
        UsageError: the table has random labels already, or all groups have the same label.
    """
    rows = table.rows
    if REAL_LABEL in rows.columns:
        raise UsageError(
            f"{table.name} has random labels already (column {REAL_LABEL!r}); give the table that "
            f"they were drawn for."
        )
    of_group = rows.groupby("group", sort=True)["label"].agg(lambda own: own.mode().iloc[0])
    if of_group.nunique() < 2:
        raise UsageError(
            f"{table.name}: all groups have the label {of_group.iloc[0]!r}; random labels need "
            f"groups of two."
        )
    shuffled = np.random.default_rng([seed, OF_LABELS]).permutation(of_group.to_numpy())
    drawn = rows["group"].map(pd.Series(shuffled, index=of_group.index)).astype(str)
    return replace(table, rows=rows.assign(label=drawn, **{REAL_LABEL: rows["label"]}))
