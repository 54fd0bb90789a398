"""Groups for slices without patients: runs of consecutive file numbers, class by class."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd

from hilum.errors import SourceError

__all__ = ["group_number_runs"]

_LAST_NUMBER = re.compile(r"(\d+)(?!.*\d)")


def group_number_runs(rows: pd.DataFrame, length: int, *, name: str) -> tuple[pd.Series, str]:
    """Return the groups of slices of unknown patients, and a note for the user.

    Where files are numbered patient by patient, neighbours are mostly of one patient. A run is
    0 to `length` - 1, `length` to 2 `length` - 1, and so on, whether or not every file is there.

    Args:
        rows: columns `path` and `label`.
        length: file numbers in a run.
        name: of the source, for group names and the note.

    Raises:
        SourceError: a file has no number in its name.
    """
    groups = []
    for path, label in zip(rows["path"], rows["label"], strict=True):
        number = _LAST_NUMBER.search(Path(path).stem)
        if number is None:
            raise SourceError(
                f"{path} has no number in its name, and --group-runs joins slices by their "
                "numbers; put each patient's slices into a sub-folder of the class instead."
            )
        groups.append(f"{name}/{label}/run-{int(number[1]) // length:04d}")
    count = len(set(groups))
    note = (
        f"folder {name}: for {len(rows)} slices no patient is known; runs of {length} file numbers "
        f"make {count} groups, which are patients only if files are numbered patient by patient."
    )
    return pd.Series(groups, index=rows.index, dtype=object), note
