"""Known collections, recognised by the names of their folders."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path

__all__ = ["recognise_layout"]

MOST_FOLDERS = 2000
"""Folder names that are looked at; the largest collection known has 355 patients."""

Names = Sequence[str]


def _all_of(*patterns: str) -> Callable[[Names], bool]:
    """Return a test whether each pattern is the whole of some name, in any case."""
    compiled = [re.compile(pattern, re.IGNORECASE) for pattern in patterns]
    return lambda names: all(any(one.fullmatch(name) for name in names) for one in compiled)


LAYOUTS: dict[str, Callable[[Names], bool]] = {
    "iq-oth-nccd": _all_of(r"malignant( cases)?", r"ben(ig|gi)n( cases)?", r"normal( cases)?"),
    "covid-ct": _all_of(r"CT_COVID\d*", r"CT_NonCOVID\w*"),
    "ct-pneumonia": _all_of(r"Pneumonia - (PTS|Raw)"),
    "lung-pet-ct-dx": _all_of(r"Lung_Dx-[ABEG]\d{4}"),
    "msd-lung": _all_of(r"imagesTr", r"labelsTr"),
}
"""Name of a source -> whether names of folders are those of its collection."""


def recognise_layout(root: Path) -> str:
    """Return the source whose collection a folder looks like, or empty text.

    The names of the folders in `root`, and in the folders of `root`, are compared with the layouts
    of known collections; no file is read.
    """
    folders = [path for path in root.iterdir() if path.is_dir()]
    below = (path for folder in sorted(folders) for path in folder.iterdir() if path.is_dir())
    names = [path.name.strip() for path in (*folders, *islice(below, MOST_FOLDERS))]
    return next((source for source, is_layout in LAYOUTS.items() if is_layout(names)), "")
