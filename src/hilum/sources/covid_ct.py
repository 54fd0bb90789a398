"""The source `covid-ct`: slices from figures of preprints, COVID-19 and other."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from hilum.duplicates import merge_groups
from hilum.errors import SourceError, UsageError
from hilum.readers import is_candidate
from hilum.sources.covid_ct_sheet import read_sheets
from hilum.sources.near_duplicates import merge_near_duplicates
from hilum.sources.options import BuildOptions, Built, PictureFolder, known_source
from hilum.storage.path_text import text_of_path

__all__ = ["COVID_CT", "parse_name"]

NAME = "covid-ct"

_FOLDER = re.compile(r"CT_(?P<non>Non)?COVID", re.I)
"""`CT_COVID` and `CT_NonCOVID`; a part of the collection may be called CT_COVID3."""

_FIGURE = re.compile(r"(?P<article>.+?)-p(?P<page>\d+)-(?P<image>\d+(?:_\d+)?)(?:[-%].*)?")


@dataclass(frozen=True)
class _Found:
    """A slice's file, its label, and what its name says."""

    file: Path
    label: str
    article: str
    figure: str


def parse_name(stem: str) -> tuple[str, str]:
    """Return article and figure of a file's name without suffix; either is empty if not said.

    `2020.02.25.20021568-p23-108%9` is panel 9 of picture 108, on page 23 of the preprint
    2020.02.25.20021568: (`2020.02.25.20021568`, `p23-108`). `PIIS0140673620303603%0` names the
    article only, `6%1` (a slice without COVID-19) the figure only, `1332` neither.
    """
    match = _FIGURE.fullmatch(stem.strip())
    if match:
        return match["article"], f"p{match['page']}-{match['image']}"
    before, panel, _ = stem.strip().partition("%")
    if not panel:
        return "", ""
    return ("", before) if before.isdecimal() else (before, "")


def build(path: Path, pictures: PictureFolder, options: BuildOptions) -> Built:
    """Return a row for each slice below the folders CT_COVID* and CT_NonCOVID*.

    The labels are `covid` and `non-covid`: the second holds other diseases, cancers among them,
    and healthy lungs, so that neither is the `pneumonia` nor the `normal` of other collections.
    The group is the patient where a sheet (COVID-CT-MetaInfo.xlsx, NonCOVID-CT-MetaInfo.csv)
    names one for all slices of the article, else the article, else the figure, else the slice
    alone; groups that hold nearly the same picture are joined.

    Tried on a sample of 37 slices without its sheets; their columns are taken from what others
    have read out of them.

    Raises:
        UsageError: `path` is not a folder.
        SourceError: there is no slice below such folders.
        ReadError: a slice can't be read.
    """
    if not path.is_dir():
        raise UsageError(f"source {NAME}: {path} is not a folder; give the collection's.")
    found = list(_find(path))
    if not found:
        raise SourceError(
            f"{path} is not laid out as {NAME}: no slice lies below a folder CT_COVID or "
            "CT_NonCOVID; unpack the archives of Images-processed first."
        )
    known, notes = read_sheets(path, [item.file for item in found])
    facts = [known.get(item.file, {}) for item in found]
    ids = _ids(found)
    groups = _groups(found, [own.get("patient_id", "") for own in facts], ids)
    files = [item.file for item in found]
    groups, note = merge_near_duplicates(files, groups, name=NAME)
    rows = pd.DataFrame(
        {
            "slice_id": ids,
            "path": [text_of_path(file) for file in files],
            "label": [item.label for item in found],
            "group": groups,
            "source": NAME,
            "article": [item.article for item in found],
            "figure": [item.figure for item in found],
        }
    ).join(pd.DataFrame(facts, dtype=str).fillna(""))
    return Built(rows, (*notes, *_unknown(found, facts), note))


def _find(path: Path) -> Iterator[_Found]:
    """Yield the slices below the class folders, in the order of their paths."""
    for folder, folders, names in os.walk(path.resolve()):
        folders[:] = sorted(name for name in folders if not name.startswith((".", "__")))
        inside = [_FOLDER.match(part) for part in Path(folder).relative_to(path.resolve()).parts]
        of_class = next((match for match in inside if match), _FOLDER.match(Path(folder).name))
        if not of_class:
            continue
        label = "non-covid" if of_class["non"] else "covid"
        for name in sorted(names):
            file = Path(folder, name)
            if not name.startswith(".") and is_candidate(file):
                yield _Found(file, label, *parse_name(file.stem))


def _ids(found: list[_Found]) -> list[str]:
    """Return a name for each slice: label and file name, with the folder where that is twice."""
    ids = [f"{NAME}/{item.label}/{item.file.stem.strip()}" for item in found]
    twice = {name for name, times in Counter(ids).items() if times > 1}
    return [
        f"{NAME}/{item.label}/{item.file.parent.name}/{item.file.name}" if name in twice else name
        for item, name in zip(found, ids, strict=True)
    ]


def _groups(found: list[_Found], patients: list[str], ids: list[str]) -> list[str]:
    """Return the narrowest group that surely holds all slices of a slice's patient."""
    named = [
        _group(item, patient, own) for item, patient, own in zip(found, patients, ids, strict=True)
    ]
    unsure = {
        item.article for item, patient in zip(found, patients, strict=True) if not patient
    } - {""}  # a slice without a patient may be any patient's of its article
    first: dict[str, int] = {}
    cluster = [
        first.setdefault(item.article, index) if item.article in unsure else index
        for index, item in enumerate(found)
    ]
    return merge_groups(named, np.array(cluster, dtype=np.int64))


def _group(item: _Found, patient: str, slice_id: str) -> str:
    """Return the group that a slice's own facts give."""
    if patient:
        return f"{NAME} {item.label} patient {patient}"
    if item.article:
        return f"{NAME} article {item.article}"
    return f"{NAME} {item.label} figure {item.figure}" if item.figure else slice_id


def _unknown(found: list[_Found], facts: list[dict[str, str]]) -> Iterator[str]:
    """Say for how many slices neither patient nor article is known."""
    alone = sum(
        not (own.get("patient_id") or item.article) for item, own in zip(found, facts, strict=True)
    )
    if alone:
        yield (
            f"{NAME}: for {alone} of {len(found)} slices neither patient nor article is known; "
            "those that do not look alike are groups of their own, though some may be one patient."
        )


COVID_CT = known_source(NAME, build)
