"""The source `iq-oth-nccd`: malignant, benign and normal CT slices as JPEG, patients unknown."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from hilum.errors import SourceError, UsageError
from hilum.readers import is_candidate
from hilum.sources.near_duplicates import merge_near_duplicates
from hilum.sources.options import BuildOptions, Built, PictureFolder, known_source
from hilum.storage.path_text import text_of_path

__all__ = ["IQ_OTH_NCCD"]

NAME = "iq-oth-nccd"

CLASSES = {"malignant": "cancer", "benign": "benign", "bengin": "benign", "normal": "normal"}
"""First words of the folders (`Malignant cases`, `Bengin cases` as the collection spells it, or
plain `malignant`), and the labels. Malignant lesions are lung cancers by the collection's page.
A benign one is neither cancer nor normal nor pneumonia, so that it keeps its own word."""

_NUMBER = re.compile(r"\((\d+)\)\s*$")


def build(path: Path, pictures: PictureFolder, options: BuildOptions) -> Built:
    """Return a row for each slice below the class folders, wherever they lie below `path`.

    The files don't say whose they are (110 patients by the collection's page, some 1,100
    slices): slices that are nearly the same picture, as neighbours in one series often are, are
    one group. That is less than a patient: others of the same patient look different.

    Raises:
        UsageError: `path` is not a folder.
        SourceError: there is no class folder with a slice in it.
        ReadError: a slice can't be read.
    """
    if not path.is_dir():
        raise UsageError(f"source {NAME}: {path} is not a folder; give the collection's.")
    found = list(_find(path))
    if not found:
        raise SourceError(
            f"{path} is not laid out as {NAME}: no slice lies below a folder 'Malignant cases', "
            "'Bengin cases' or 'Normal cases' (or malignant, benign, normal)."
        )
    ids = _ids(found)
    files = [file for file, _ in found]
    groups, note = merge_near_duplicates(files, ids, name=NAME)
    rows = pd.DataFrame(
        {
            "slice_id": ids,
            "path": [text_of_path(file) for file in files],
            "label": [label for _, label in found],
            "group": groups,
            "source": NAME,
        }
    )
    more = "no patient is known, so that slices of one patient may still be in several groups."
    return Built(rows, (note, f"{NAME}: {more}"))


def _find(path: Path) -> Iterator[tuple[Path, str]]:
    """Yield each slice's file and label, class by class, by number."""
    for folder, folders, _ in os.walk(path.resolve()):
        folders[:] = sorted(name for name in folders if not name.startswith((".", "__")))
        words = re.split(r"[\s_-]+", Path(folder).name.strip().lower())
        label = CLASSES.get(words[0])
        if label is None:
            continue
        folders.clear()  # what lies deeper belongs to this class, and is taken along below
        files = [Path(at, n) for at, _, more in os.walk(folder) for n in more]
        for file in sorted(files, key=_order):
            if not file.name.startswith(".") and is_candidate(file):
                yield file, label


def _order(file: Path) -> tuple[int, str]:
    """Sort by the number in parentheses, then by name."""
    number = _NUMBER.search(file.stem)
    return (int(number[1]) if number else 0, file.as_posix())


def _ids(found: list[tuple[Path, str]]) -> list[str]:
    """Return a name for each slice: class and number; the whole file name where that is no name."""
    ids = [
        f"iq-{label}-{int(number[1]):04d}" if number else f"iq-{label}-{file.stem.strip()}"
        for file, label in found
        for number in [_NUMBER.search(file.stem)]
    ]
    twice = {name for name, times in Counter(ids).items() if times > 1}
    return [f"{name}-{index}" if name in twice else name for index, name in enumerate(ids)]


IQ_OTH_NCCD = known_source(NAME, build)
