"""The source `folder`: any folder with one sub-folder per class."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from hilum.errors import ReadError, SourceError, UsageError
from hilum.readers import is_candidate, read_ids
from hilum.sources.options import BuildOptions, Built, PictureFolder, known_source

__all__ = ["FOLDER"]

SPLIT_NAMES = {
    "training": "train",
    "train": "train",
    "validation": "validation",
    "valid": "validation",
    "val": "validation",
    "testing": "test",
    "test": "test",
}
"""Names of sub-folders for splits, in lower case."""


DICOM_COLUMNS = {
    "patient_id": "patient_id",
    "study_instance_uid": "study_instance_uid",
    "series_instance_uid": "series_instance_uid",
    "sop_instance_uid": "sop_instance_uid",
    "patient_sex": "sex",
    "patient_age": "age",
}
"""What a DICOM header tells, and the column that it fills."""


@dataclass(frozen=True)
class _Found:
    """One slice: its file, label as written, split (or empty), and patient folder (or empty)."""

    file: Path
    label: str
    split: str
    patient: str


def build(path: Path, pictures: PictureFolder, options: BuildOptions) -> Built:
    """Return a row for each slice below the class folders of `path`.

    Layouts: `<class>/...` and `Training|Validation|Testing/<class>/...`, case-insensitive.
    A label is its folder's name without surrounding spaces. Sub-folders of a class folder are
    taken for patients, and are the groups; a DICOM slice directly in the class folder is grouped
    by the header's Patient ID; any other slice is a group of its own.

    Raises:
        UsageError: `path` is not a folder.
        SourceError: there is no class folder, or one has no slice.
    """
    if not path.is_dir():
        raise UsageError(f"source folder: {path} is not a folder; give one with class sub-folders.")
    root = path.resolve()
    found, notes = list(_find(root)), list[str]()
    name = root.name.strip() or "folder"
    rows = pd.DataFrame([_row(item, root, name) for item in found]).fillna("").astype(str)
    single = int((rows["group"] == rows["slice_id"]).sum())
    if single:
        notes.append(
            f"folder {name}: for {single} of {len(found)} slices no patient is known and each is "
            "a group of its own; slices of one patient may then stand in train and in test, "
            "and the figures come out too good."
        )
    return Built(_with_unique_ids(rows, root), tuple(notes))


def _find(root: Path) -> Iterator[_Found]:
    """Yield every slice, class by class."""
    tops = _folders(root)
    parts = [top for top in tops if top.name.strip().lower() in SPLIT_NAMES]
    if parts and len(parts) < len(tops):
        other = next(top for top in tops if top not in parts)
        raise SourceError(
            f"{root} mixes split folders such as {parts[0].name!r} with others such as "
            f"{other.name!r}; give either classes or splits with classes in them."
        )
    classes = [
        (folder, SPLIT_NAMES[part.name.strip().lower()])
        for part in parts
        for folder in _folders(part)
    ] or ([] if parts else [(top, "") for top in tops])
    if not classes:
        raise SourceError(
            f"{root} has no class folders; looked for <class>/ and for "
            "Training|Validation|Testing/<class>/."
        )
    for folder, split in classes:
        yield from _find_class(root, folder, split)


def _find_class(root: Path, folder: Path, split: str) -> Iterator[_Found]:
    """Yield the slices of one class folder."""
    files = [file for file in sorted(folder.rglob("*")) if _is_slice(file, folder)]
    if not files:
        raise SourceError(
            f"class folder {folder.relative_to(root).as_posix()!r} of {root} holds no slice "
            "(PNG, JPEG or DICOM); fill it or take it away."
        )
    for file in files:
        inside = file.relative_to(folder).parts
        yield _Found(file, folder.name.strip(), split, inside[0] if len(inside) > 1 else "")


def _folders(root: Path) -> list[Path]:
    return sorted(p for p in root.iterdir() if p.is_dir() and not p.name.startswith((".", "__")))


def _is_slice(file: Path, folder: Path) -> bool:
    """Return whether `file` looks like a slice; hidden files and folders don't."""
    if any(part.startswith((".", "__")) for part in file.relative_to(folder).parts):
        return False
    return file.is_file() and is_candidate(file)


def _row(item: _Found, root: Path, name: str) -> dict[str, str]:
    relative = item.file.relative_to(root).with_suffix("").as_posix()
    slice_id = f"{name}/{relative}".strip()
    known = _known(item.file)
    patient = item.patient or known.get("patient_id", "")
    return {
        "slice_id": slice_id,
        "path": item.file.as_posix(),
        "label": item.label,
        "group": f"{name}/{patient}" if patient else slice_id,
        "source": name,
        "split": item.split,
        **known,
    }


def _known(file: Path) -> dict[str, str]:
    """Return the columns filled from a DICOM header; none for pictures and damaged files.

    A damaged file is refused by name later, when its pixels are read.
    """
    try:
        ids = read_ids(file)
    except ReadError:
        return {}
    return {column: ids[name] for name, column in DICOM_COLUMNS.items() if name in ids}


def _with_unique_ids(rows: pd.DataFrame, root: Path) -> pd.DataFrame:
    """Append the suffix to the slice_id of files that differ in their suffix only."""
    again = rows["slice_id"].duplicated(keep=False)
    if again.any():
        suffix = rows["path"].map(lambda path: Path(path).suffix)
        own = again & (rows["group"] == rows["slice_id"])
        rows["slice_id"] = rows["slice_id"].where(~again, rows["slice_id"] + suffix)
        rows["group"] = rows["group"].where(~own, rows["slice_id"])
    return rows


FOLDER = known_source("folder", build)
