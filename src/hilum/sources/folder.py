"""The source `folder`: any folder with one sub-folder per class."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pandas as pd

from hilum.errors import ReadError, SourceError, UsageError
from hilum.readers import count_frames, read_ids
from hilum.sources.class_folders import ClassFile, find_class_files
from hilum.sources.layouts import recognise_layout
from hilum.sources.near_duplicates import merge_near_duplicates
from hilum.sources.number_runs import group_number_runs
from hilum.sources.options import BuildOptions, Built, PictureFolder, known_source
from hilum.storage.path_text import path_of_text, text_of_path

__all__ = ["FOLDER"]

DICOM_COLUMNS = {
    "patient_id": "patient_id",
    "study_instance_uid": "study_instance_uid",
    "series_instance_uid": "series_instance_uid",
    "sop_instance_uid": "sop_instance_uid",
    "patient_sex": "sex",
    "patient_age": "age",
}
"""Attributes of a DICOM header, and the columns that they fill."""

MOST_SEARCHED = 20_000
"""Slices that a build searches for near-duplicates: some minutes; more are left to the command."""


def build(path: Path, pictures: PictureFolder, options: BuildOptions) -> Built:
    """Return a row for each slice below the class folders of `path`.

    Layouts: `<class>/...` and `Training|Validation|Testing/<class>/...`, case-insensitive.
    A label is its folder's name without surrounding spaces. Sub-folders of a class folder are
    taken for patients, and are the groups; a DICOM slice directly in the class folder is grouped
    by the header's Patient ID; any other slice is a group of its own, merged with its
    near-duplicates if no patient is known at all, or with `options.group_runs` grouped with
    neighbouring file numbers. Each frame of a multi-frame file is a row, with
    its 0-based number in the column `frame`.

    Raises:
        UsageError: `path` is not a folder.
        SourceError: there is no class folder, or one has no slice; with `options.group_runs`, a
            file has no number in its name.
    """
    if not path.is_dir():
        raise UsageError(f"source folder: {path} is not a folder; give one with class sub-folders.")
    root = path.resolve()
    name = text_of_path(root.name.strip()) if root.name.strip() else "folder"
    known = recognise_layout(root)
    advice = f"this looks like {known}: use {known}={path}" if known else ""
    notes: list[str] = []
    try:
        found, left_out = find_class_files(root)
    except SourceError as error:
        message = str(error)
        raise SourceError(f"{message[:-1]}; {advice}." if advice else message) from None
    rows = pd.DataFrame([row for item in found for row in _rows(item, root, name)])
    rows = _with_unique_ids(rows.fillna("").astype(str), root)
    if known:
        notes.append(f"folder {name}: {advice}, whose labels, groups and pitfalls hilum knows.")
    notes += left_out.notes(name)
    unknown = rows["group"].isin(set(rows["slice_id"]))
    if unknown.any() and options.group_runs:
        runs, note = group_number_runs(rows[unknown], options.group_runs, name=name)
        rows.loc[unknown, "group"] = runs
        notes.append(note)
    elif unknown.all() and len(rows) <= MOST_SEARCHED:
        rows["group"], note = _near_duplicates(rows, name)
        advice = "put each patient's slices into a sub-folder of the class"
        notes += [f"folder {name}: no patient is known; {advice}.", note]
    elif unknown.any():
        notes.append(_advise_search(int(unknown.sum()), len(rows), name))
    return Built(rows, tuple(notes))


def _near_duplicates(rows: pd.DataFrame, name: str) -> tuple[list[str], str]:
    """Return groups merged across near-duplicates, unless a slice can't be read, and a note."""
    groups = rows["group"].tolist()
    try:
        merged, note = merge_near_duplicates(
            [path_of_text(text) for text in rows["path"]], groups, name=name
        )
        return merged, f"folder {note}"
    except ReadError as error:
        return groups, f"folder {name}: near-duplicates were not searched for: {error}"


def _advise_search(unknown: int, slices: int, name: str) -> str:
    """Return a note on slices of unknown patients that were not searched for near-duplicates."""
    return (
        f"folder {name}: for {unknown} of {slices} slices no patient is known and each is a group "
        "of its own; slices of one patient may then be in train and in test, and metrics come out "
        "too good. At least keep near-duplicates together: hilum data duplicates TABLE --join "
        "joined.csv"
    )


def _rows(item: ClassFile, root: Path, name: str) -> Iterator[dict[str, str]]:
    """Yield the row of a file, or one for each frame of a multi-frame file."""
    relative = text_of_path(item.file.relative_to(root).with_suffix(""))
    slice_id = f"{name}/{relative}".strip()
    header, frames = _header(item.file)
    folder = item.patient.strip()
    patient = text_of_path(folder) if folder else header.get("patient_id", "")
    row = {
        "slice_id": slice_id,
        "path": text_of_path(item.file),
        "label": text_of_path(item.label),
        "group": f"{name}/{patient}" if patient else slice_id,
        "source": name,
        "split": item.split,
        **header,
    }
    if frames == 1:
        yield row
        return
    ids = [f"{slice_id}-frame-{frame}" for frame in range(frames)]
    group = row["group"] if patient else ids[0]
    for frame, frame_id in enumerate(ids):
        yield {**row, "slice_id": frame_id, "group": group, "frame": str(frame)}


def _header(file: Path) -> tuple[dict[str, str], int]:
    """Return the columns filled from a DICOM header, and the number of frames.

    A picture and a damaged file fill none and have one frame. A damaged file is refused by name
    later, when its pixels are read.
    """
    ids, frames = dict[str, str](), 1
    with suppress(ReadError):
        ids = read_ids(file)
        frames = count_frames(file) if ids else 1
    return {column: ids[name] for name, column in DICOM_COLUMNS.items() if name in ids}, frames


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
