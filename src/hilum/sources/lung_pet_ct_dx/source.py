"""Rows of Lung-PET-CT-Dx: series chosen, slices rendered upright, boxes and clinical facts."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pandas as pd

from hilum.boxes import Box, format_boxes
from hilum.errors import ReadError, SourceError, UsageError
from hilum.readers import apply_window, read_slice
from hilum.readers.series_units import SeriesUnits, UnitFacts
from hilum.readers.turn import Turn
from hilum.sources.lung_pet_ct_dx.boxes_xml import Annotation, boxes_within, read_annotations
from hilum.sources.lung_pet_ct_dx.clinical import (
    HISTOLOGIES,
    SEXES,
    patient_key,
    read_clinical,
)
from hilum.sources.lung_pet_ct_dx.series import (
    Files,
    PlacedFile,
    choose_series,
    find_files,
    index_series,
)
from hilum.sources.lung_pet_ct_dx.tally import Tally
from hilum.sources.options import BuildOptions, Built, PictureFolder, known_source
from hilum.sources.volume_pictures import PictureWriter, spread

__all__ = ["LUNG_PET_CT_DX"]

NAME = "lung-pet-ct-dx"

MOST_SIDE = 512
"""Pixels of a picture's longer side at most: the matrix of nearly all CT; larger ones shrink."""

SQUARE = 0.01
"""Pixels are square if their sides differ by less than this share; else they are made so."""


@dataclass(frozen=True)
class _Chosen:
    """A slice that is taken, its boxes as stored, and its patient's neutral name."""

    file: PlacedFile
    boxes: list[Box]
    patient: str


@dataclass(frozen=True)
class _ReadSlice:
    """A slice that was read: (rows, columns) in Hounsfield units, and how it was turned upright."""

    chosen: _Chosen
    hu: npt.NDArray[np.float32]
    turn: Turn


def build(path: Path, pictures: PictureFolder, options: BuildOptions) -> Built:
    """Render the slices with boxes of each patient; return their rows.

    PNG go to `lung-pet-ct-dx/<window>` in `pictures.folder`, so that a table of another window has
    pictures of its own; those that are there already with the same content are left alone. Of
    each patient one series is taken (see choose_series), and of its slices with boxes at most
    `options.slices_per_patient`, spread evenly from feet to head.
    A slice without boxes may still show tumour, so that there are no others.

    Patients get a neutral name: the letter of the collection's own names is the histology, and
    would be in every file's name and in their order. series_instance_uid and sop_instance_uid
    lead back to the collection.

    Tried on one real patient (Lung_Dx-A0001: 55 slices, 20 annotations). Taken from what others
    write about the collection, and not tried on the real thing: the clinical sheet, the Imaging
    Data Commons' folders, series whose annotated slices are secondary captures, other patients.

    Raises:
        UsageError: `path` is not a folder, or `options.slices_per_patient` is below 1.
        SourceError: there is no CT slice, no annotation, or no slice with one.
        StorageError: the disk refused.
    """
    if not path.is_dir():
        raise UsageError(f"source {NAME}: {path} is not a folder; give the collection's.")
    if options.slices_per_patient < 1:
        raise UsageError(
            f"{NAME}: slices_per_patient must be at least 1; got {options.slices_per_patient}."
        )
    tally = Tally()
    files = find_files(path)
    patients = index_series(files.slices, tally)
    if not patients:
        raise SourceError(
            f"{path} is not laid out as {NAME}: no axial CT slice lies below it{tally.instead()}."
        )
    annotations = read_annotations(files.annotations, tally)
    if not annotations:
        raise SourceError(
            f"{path} is not laid out as {NAME}: no annotation (Annotation/A0001/<SOP Instance "
            f"UID>.xml) lies below it{tally.instead()}; they are a download of their own."
        )
    _count_unmatched(patients, annotations, tally)
    clinical = _clinical(path, files, tally)
    writer = PictureWriter(pictures.folder)
    rows: list[dict[str, str]] = []
    for patient in sorted(patients, key=_neutral):
        facts = _facts(patient, clinical, tally)
        series = choose_series(patients[patient], annotations)
        taken = _slices(series or [], annotations, options, tally)
        read = _read(taken, options, tally)
        made = [_row(one, facts, writer, options) for one in read]
        rows += made
        if not made:
            tally.add("patients without a CT slice that has boxes and can be used, left out")
    if not rows:
        raise SourceError(f"{path}: no annotation belongs to a CT slice that lies below it.")
    return Built(pd.DataFrame(rows, dtype=str).fillna(""), tuple(tally.notes(NAME)))


def _neutral(patient: str) -> str:
    """Return a name for a patient that says nothing, the same in every build."""
    digest = hashlib.blake2b(patient.encode(), key=NAME.encode(), digest_size=6)
    return f"lpcd-{digest.hexdigest()}"


def _count_unmatched(
    patients: Mapping[str, Mapping[str, list[PlacedFile]]],
    annotations: Mapping[str, Annotation],
    tally: Tally,
) -> None:
    """Count the annotations whose slice is not here, and those without a box."""
    here = {
        file.placement.sop
        for of_patient in patients.values()
        for series in of_patient.values()
        for file in series
    }
    for uid, annotation in annotations.items():
        if uid not in here:
            tally.add(f"annotations of {len(annotations)} whose CT slice is not here")
        elif not annotation.boxes:
            tally.add("annotations without a box", annotation.name)


def _clinical(path: Path, files: Files, tally: Tally) -> dict[str, dict[str, str]]:
    """Return the clinical sheet below the folder or next to it; empty where there is none."""
    neighbours = sorted(path.resolve().parent.glob("*linical*.xlsx"))
    for book in [*files.books, *(b for b in neighbours if not b.name.startswith(("~", ".")))]:
        found = read_clinical(book)
        if found is not None:
            return found
        tally.add("workbooks that are no clinical sheet", book.name)
    tally.say(
        "no clinical sheet (statistics-clinical-*.xlsx) lies in the folder or next to it, so that "
        "stage, grade, weight and smoking are not known"
    )
    return {}


def _facts(patient: str, clinical: Mapping[str, Mapping[str, str]], tally: Tally) -> dict[str, str]:
    """Return what is known of a patient besides the slices."""
    key = patient_key(patient)
    if key[:1] not in HISTOLOGIES:
        tally.add("patients whose name tells no histology")
    if clinical and key not in clinical:
        tally.add("patients who are not in the clinical sheet")
    return {
        "patient_id": _neutral(patient),
        "histology": HISTOLOGIES.get(key[:1], ""),
        **dict.fromkeys(("stage_t", "stage_n", "stage_m", "grade", "smoking"), ""),
        **clinical.get(key, {}),
    }


def _slices(
    series: list[PlacedFile],
    annotations: Mapping[str, Annotation],
    options: BuildOptions,
    tally: Tally,
) -> list[_Chosen]:
    """Return the slices that are taken of a series, feet to head."""
    found = []
    for file in series:
        annotation = annotations.get(file.placement.sop)
        boxes = boxes_within(annotation, file.placement.shape, tally) if annotation else []
        if boxes:
            found.append(_Chosen(file, boxes, _neutral(file.placement.patient)))
    return spread(found, options.slices_per_patient)


def _read(taken: Sequence[_Chosen], options: BuildOptions, tally: Tally) -> list[_ReadSlice]:
    """Return the slices of one series that can be used; what can't is counted."""
    read: list[_ReadSlice] = []
    units = SeriesUnits()
    for chosen in taken:
        name, turn = chosen.file.path.name, chosen.file.placement.turn
        try:
            image = read_slice(chosen.file.path, window=options.window_of(chosen.patient))
        except ReadError:
            tally.add("slices whose pixels can't be decoded, left out", name)
            continue
        units.add(UnitFacts.of(image))
        if image.hu is None or turn is None:
            tally.add("CT slices that are not in Hounsfield units, left out", name)
            continue
        read.append(_ReadSlice(chosen, image.hu, turn))
    if read and units.problem(read[0].chosen.file.placement.series):
        for one in read:
            name = one.chosen.file.path.name
            tally.add("CT slices of series that are not in Hounsfield units, left out", name)
        return []
    return read


def _row(
    read: _ReadSlice,
    facts: Mapping[str, str],
    writer: PictureWriter,
    options: BuildOptions,
) -> dict[str, str]:
    """Render one slice and return its row."""
    chosen, turn = read.chosen, read.turn
    placement = chosen.file.placement
    window = options.window_of(chosen.patient)
    boxes = [turn.of_box(box, placement.shape) for box in chosen.boxes]
    spacing = placement.spacing or (1.0, 1.0)
    hu, boxes = _scaled(read.hu, boxes, spacing[::-1] if turn.transpose else spacing)
    digest = hashlib.blake2b(placement.sop.encode(), digest_size=4).hexdigest()
    slice_id = f"{chosen.patient}-{digest}"
    name = f"{NAME}/{str(window).replace('/', '_')}/{slice_id}.png"
    return {
        "slice_id": slice_id,
        "path": writer.write(name, apply_window(hu, window)),
        "label": "cancer",
        "group": chosen.patient,
        "source": NAME,
        "boxes": format_boxes(boxes),
        "mask": "",
        "window": str(window),
        "sex": SEXES.get(placement.sex.lower(), ""),
        "age": _years(placement.age),
        "weight": placement.weight,
        **{name: value for name, value in facts.items() if value or name not in _FROM_HEADER},
        "study_instance_uid": placement.study,
        "series_instance_uid": placement.series,
        "sop_instance_uid": placement.sop,
    }


_FROM_HEADER = ("sex", "age", "weight")
"""What the header tells where the clinical sheet doesn't."""


def _years(age: str) -> str:
    """Return an Age String (PS3.5 table 6.2-1: 058Y) as years; other units as they are."""
    return str(int(age[:-1])) if age[-1:] == "Y" and age[:-1].isdecimal() else age


def _scaled(
    hu: npt.NDArray[np.float32], boxes: list[Box], spacing: tuple[float, float]
) -> tuple[npt.NDArray[np.float32], list[Box]]:
    """Return a slice with square pixels and at most MOST_SIDE a side, and its boxes along.

    Args:
        hu: (rows, columns).
        boxes: in its pixels.
        spacing: millimetres between rows, between columns.
    """
    finest = min(spacing)
    stretch = [1.0 if abs(side / finest - 1) < SQUARE else side / finest for side in spacing]
    sides = [length * by for length, by in zip(hu.shape, stretch, strict=True)]
    shrink = min(1.0, MOST_SIDE / max(sides))
    rows, columns = (max(1, round(side * shrink)) for side in sides)
    if (rows, columns) == hu.shape:
        return hu, boxes
    method = cv2.INTER_AREA if shrink < 1 else cv2.INTER_LINEAR
    scaled = np.asarray(cv2.resize(hu, (columns, rows), interpolation=method), dtype=np.float32)
    by_row, by_column = rows / hu.shape[0], columns / hu.shape[1]
    moved = [
        Box(
            int(np.floor(box.row_min * by_row)), int(np.floor(box.col_min * by_column)),
            min(rows, int(np.ceil(box.row_max * by_row))),
            min(columns, int(np.ceil(box.col_max * by_column))),
        )
        for box in boxes
    ]  # fmt: skip
    return scaled, moved


LUNG_PET_CT_DX = known_source(NAME, build)
