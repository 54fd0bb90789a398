"""Labels of another table in the words of a run: mapped by name, or asked in pairs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from hilum.errors import TableError, UsageError
from hilum.table import SliceTable

__all__ = ["map_labels", "select_labels"]


def map_labels(table: SliceTable, renamed: Mapping[str, str]) -> SliceTable:
    """Return the table with each label that is a key of `renamed` replaced by its value.

    Raises:
        TableError: the table has no slice of one of the keys.
    """
    for label in renamed:
        if label not in table.labels:
            raise TableError(
                f"{table.name}: --as renames a label of the table ({', '.join(table.labels)}); "
                f"got {label!r}."
            )
    if not renamed:
        return table
    labels = table.rows["label"].map(lambda label: renamed.get(label, label))
    return replace(table, rows=table.rows.assign(label=labels))


def select_labels(
    table: SliceTable, class_names: Sequence[str], pair: tuple[str, str] | None
) -> SliceTable:
    """Return the slices that a run can be scored on: of its classes, or of a pair.

    Raises:
        UsageError: the run knows neither class of the pair, or nobody knows one of them.
        TableError: a label is no class of the run and there is no pair; or there is nothing to
            tell apart.
    """
    known = ", ".join(class_names)
    if pair is not None:
        if not set(pair) & set(class_names):
            raise UsageError(
                f"--pair needs at least one class of the run ({known}); got {pair[0]}:{pair[1]}. "
                f"Give the label that the run ranks, and the one to compare it with."
            )
        for label in pair:
            if label not in class_names and label not in table.labels:
                raise UsageError(
                    f"--pair needs classes of the run ({known}) or labels of {table.name} "
                    f"({', '.join(table.labels)}); got {label!r}, which is neither."
                )
        inside = table.rows["label"].isin(pair)
        if not inside.any():
            raise TableError(
                f"{table.name}: a pair needs slices of {pair[0]} or {pair[1]}; got "
                f"{', '.join(table.labels)}."
            )
        return table.where(inside)
    unknown = [label for label in table.labels if label not in class_names]
    if unknown:
        positive = class_names[0]
        raise TableError(
            f"{table.name}: every label must be a class of the run ({known}); got "
            f"{', '.join(unknown)}. Map it with --as {unknown[0]}=CLASS, or score two labels "
            f"alone with --pair {positive}:{unknown[0]}."
        )
    if len(table.labels) < 2:
        raise TableError(
            f"{table.name}: an AUC needs slices of at least two classes; got {table.labels[0]} "
            f"only. Use --pair {table.labels[0]}:OTHER or --pair OTHER:{table.labels[0]} to count "
            f"which class these slices are assigned."
        )
    return table
