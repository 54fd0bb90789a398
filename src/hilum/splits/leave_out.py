"""Leave-one-out folds: each value of a column, such as a source, tested by what never saw it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from hilum.errors import SplitError
from hilum.splits.folds import one_fold
from hilum.table import SliceTable

__all__ = ["LeftOutFold", "leave_out_folds"]

Texts = npt.NDArray[np.object_]

FEWEST_VALUES = 2
"""Values of a column that can be left out in turn."""
NEEDED_GROUPS = 2
"""Groups of a class that training and validation need, one each."""


@dataclass(frozen=True)
class LeftOutFold:
    """A fold: one value of a column is left out.

    Attributes:
        value: the one that is left out.
        table: all slices with `split` filled: `test` for those of the value, `train` and
            `validation` for the others; empty where a class is unlearnt or a group is shared.
        unlearnt: classes of the value that no other slice has: nothing could be trained on them.
        shared: slices of other values that are left out of the training, because the value has
            slices of their group.
    """

    value: str
    table: SliceTable
    unlearnt: tuple[str, ...]
    shared: int

    @property
    def sentence(self) -> str:
        """What is particular about this fold, in plain words; "" where nothing is."""
        parts = []
        if self.unlearnt:
            parts.append(
                f"its {', '.join(self.unlearnt)} slices are scored in pairs only, for no other "
                f"slice is of {'that class' if len(self.unlearnt) == 1 else 'those classes'}"
            )
        if self.shared:
            verb = "slice is" if self.shared == 1 else "slices are"
            parts.append(f"{self.shared} other {verb} not trained on, for their group is in it")
        return f"{self.value} left out: {'; '.join(parts)}." if parts else ""


def leave_out_folds(
    table: SliceTable,
    values: Texts,
    *,
    column: str,
    positive: str,
    seed: int = 0,
    validation: float = 0.15,
) -> list[LeftOutFold]:
    """Return one fold for each value that can be tested, sorted by value.

    A group is never trained on in the fold that tests on it. A value of which no other value has
    any class is trained on in every fold and tested in none.

    Args:
        table: n slices; its column `split` is ignored and replaced.
        values: (n,) text, what each slice has in the column, none empty.
        column: its name, for messages.
        positive: the class that metrics speak of.
        seed: the same table and seed give the same folds.
        validation: share of each fold's other slices that becomes its validation split, 0 to 1.

    Raises:
        SplitError: fewer than two values can be left out; or, where one is left out, fewer than
            two classes, or too few groups of one, are left to train on; or the positive class is
            of one value alone, so that nothing could test it.
    """
    names = sorted(set(values))
    if len(names) < FEWEST_VALUES:
        raise SplitError(
            f"{table.name}: leaving out one {column} after the other needs at least "
            f"{FEWEST_VALUES}; got {', '.join(names) or 'none'}."
        )
    label = table.rows["label"].to_numpy(dtype=object)
    holders = sorted(set(values[label == positive]))
    if len(holders) == 1:
        raise SplitError(
            f"{table.name}: {positive}, the positive class, has slices of {column} {holders[0]} "
            f"alone: without them nothing is trained on it, and no other slice tests it. Choose "
            f"another positive class (--set classes.positive=CLASS), or add {positive} slices of "
            f"another {column}."
        )
    folds = [
        _fold(table, values, name, (column, positive), (seed, number), validation)
        for number, name in enumerate(names)
    ]
    tested = [fold for fold in folds if (fold.table.rows["split"] == "test").any()]
    if len(tested) < FEWEST_VALUES:
        raise SplitError(
            f"{table.name}: leaving out one {column} after the other needs at least "
            f"{FEWEST_VALUES} that share a class with others; got "
            f"{', '.join(fold.value for fold in tested) or 'none'} of {', '.join(names)}."
        )
    return tested


def _fold(
    table: SliceTable,
    values: Texts,
    value: str,
    wanted: tuple[str, str],
    seed: tuple[int, int],
    validation: float,
) -> LeftOutFold:
    """Return the fold that leaves one value out; `wanted` are the column and the positive class."""
    column, positive = wanted
    groups, labels = table.rows["group"], table.rows["label"]
    inside = pd.Series(values == value, index=table.rows.index)
    shared = ~inside & groups.isin(set(groups[inside]))
    rest = ~inside & ~shared
    counts = pd.crosstab(groups[rest], labels[rest])
    _check_enough(counts, positive, f"{table.name}: without {column} {value}")
    learnt = labels.isin(set(counts.columns))
    names = one_fold(counts, validation, (*seed, len(set(values))))
    split = groups.map(pd.Series(names, index=counts.index)).where(rest, "")
    split = split.mask(inside & learnt, "test").astype(str)
    return LeftOutFold(
        value=value,
        table=replace(table, rows=table.rows.assign(split=split)),
        unlearnt=tuple(sorted(set(labels[inside & ~learnt]))),
        shared=int(shared.sum()),
    )


def _check_enough(counts: pd.DataFrame, positive: str, without: str) -> None:
    """Refuse a fold in which there is too little to train on.

    Args:
        counts: (groups, labels) slices of the values that are trained on.
        positive: the class that must be among them.
        without: which table lacks what, the beginning of messages.
    """
    classes = [str(label) for label in counts.columns]
    if len(classes) < 2 or positive not in classes:
        raise SplitError(
            f"{without}, {' and '.join(classes) or 'nothing'} alone is left to train on, and a "
            f"network needs {positive} and another class; add slices of what is missing from "
            f"elsewhere, or leave out by another column."
        )
    for label, groups in (counts > 0).sum().items():
        if groups < NEEDED_GROUPS:
            raise SplitError(
                f"{without}, {label} has only {groups} group, and training and validation need "
                f"one each; gather more groups, or leave the label out "
                f"(hilum data build --label ...)."
            )
