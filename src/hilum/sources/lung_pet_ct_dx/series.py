"""The DICOM files of the collection, by patient and series, and the series that is taken."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from hilum.errors import ReadError
from hilum.readers import is_candidate
from hilum.readers.dicom.kinds import CT_CLASSES
from hilum.readers.dicom.placement import Placement, read_placement
from hilum.sources.lung_pet_ct_dx.boxes_xml import Annotation
from hilum.sources.lung_pet_ct_dx.tally import Tally

__all__ = ["Files", "PlacedFile", "choose_series", "find_files", "index_series"]

NOT_DICOM = {".csv", ".json", ".license", ".md", ".pdf", ".tcia", ".txt", ".zip", ".png", ".jpg"}
"""Suffixes of what lies between the series, and is not opened."""


@dataclass(frozen=True)
class Files:
    """What lies below a folder, by kind."""

    slices: list[Path] = field(default_factory=list)
    annotations: list[Path] = field(default_factory=list)
    books: list[Path] = field(default_factory=list)


@dataclass(frozen=True)
class PlacedFile:
    """A slice's file, and what its header says."""

    path: Path
    placement: Placement


Series = list[PlacedFile]


def find_files(folder: Path) -> Files:
    """Return the files below `folder` that may be slices, annotations or the clinical sheet.

    The layouts of TCIA (`Lung_Dx-A0001/04-04-2007-.../2.000000-5mm-40805/1-09.dcm`) and of the
    Imaging Data Commons (collection/patient/study/modality_series/instance.dcm) need not be told
    apart: what a file is stands in its header.
    """
    found = Files()
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith((".", "__")))
        for name in sorted(names):
            suffix = Path(name).suffix.lower()
            if name.startswith((".", "~")) or suffix in NOT_DICOM:
                continue
            if suffix == ".xml":
                found.annotations.append(Path(parent, name))
            elif suffix == ".xlsx":
                found.books.append(Path(parent, name))
            else:
                found.slices.append(Path(parent, name))
    return found


def index_series(files: Iterable[Path], tally: Tally) -> dict[str, dict[str, Series]]:
    """Return patient -> series -> slices of the axial CT among `files`; the rest is counted.

    Slices run from the feet to the head; a slice that lies there twice counts once.
    """
    found: dict[str, dict[str, Series]] = defaultdict(lambda: defaultdict(list))
    seen: set[str] = set()
    for file in files:
        if not is_candidate(file):
            continue
        try:
            placement = read_placement(file)
        except ReadError:
            tally.add("DICOM files that are broken, left out", file.name)
            continue
        kind = _why_not(placement)
        if kind:
            tally.add(kind, "" if placement.modality else file.name)
        elif placement.sop in seen:
            tally.add("slices that lie there more than once, taken once")
        else:
            seen.add(placement.sop)
            found[placement.patient][placement.series].append(PlacedFile(file, placement))
    for of_patient in found.values():
        for series in of_patient.values():
            series.sort(key=_height)
    return {patient: dict(of_patient) for patient, of_patient in found.items()}


def _why_not(placement: Placement) -> str:
    """Return what a file is where it is no axial CT slice of a patient, else empty text."""
    if placement.modality in ("PT", "NM"):
        return "PET slices, left out"
    if not placement.modality and not placement.sop:
        return "files that are no DICOM slice, left out"
    if placement.modality != "CT":
        return f"images of modality {placement.modality or 'unknown'}, left out"
    if placement.sop_class not in CT_CLASSES:
        return "secondary captures (such as PET laid over CT), left out"
    if "LOCALIZER" in placement.image_type:
        return "localizers, left out"
    if placement.turn is None:
        return "CT images that are not axial or don't say how they lie, left out"
    if not (placement.patient and placement.series and placement.sop):
        return "CT slices without patient, series or SOP Instance UID, left out"
    return ""


def _height(file: PlacedFile) -> tuple[float, int, str]:
    """Sort from the feet to the head; where no position is known, by instance."""
    where = file.placement
    return (where.height or 0.0, where.instance or 0, where.sop)


def choose_series(
    of_patient: Mapping[str, Series], annotations: Mapping[str, Annotation]
) -> Series | None:
    """Return the one series of a patient that is taken, or None where no slice has boxes.

    It is the series with the most slices that have boxes; of several (reconstructions of one
    scan that were all annotated) the one with the most slices, which are the thinnest, and then
    the one whose UID comes first.
    """

    def rank(uid: str) -> tuple[int, int, str]:
        series = of_patient[uid]
        return (-_annotated(series, annotations), -len(series), uid)

    best = min(of_patient, key=rank, default=None)
    if best is None or not _annotated(of_patient[best], annotations):
        return None
    return of_patient[best]


def _annotated(series: Series, annotations: Mapping[str, Annotation]) -> int:
    """Return how many slices of a series have at least one box."""
    known = (annotations.get(file.placement.sop) for file in series)
    return sum(bool(found and found.boxes) for found in known)
