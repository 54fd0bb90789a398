"""Series, position and orientation of a DICOM slice, read from its header."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from hilum.readers.dicom.header import functional_group, number, numbers, open_dicom, read_header
from hilum.readers.dicom.header import text as text_of
from hilum.readers.dicom.orientation import turn_of
from hilum.readers.quiet import WITHOUT_WARNINGS
from hilum.readers.turn import Turn

__all__ = ["Placement", "read_placement"]


@dataclass(frozen=True)
class Placement:
    """Series, position and orientation of a DICOM slice; empty text if unknown.

    Attributes:
        modality, sop_class, image_type: as in the header, several values joined by `\\`.
        study, series, sop: the instance UIDs of study, series and slice.
        patient, sex, age, weight: as in the header, never logged.
        height: position along the body's axis in millimetres, increasing towards the head, or None.
        instance: the Instance Number, or None.
        turn: into radiological orientation; None if the slice is not axial or its orientation is
            unknown.
        shape: rows and columns, (0, 0) if unknown.
        spacing: millimetres between (rows, columns), or None.
    """

    modality: str
    sop_class: str
    image_type: str
    study: str
    series: str
    sop: str
    patient: str
    sex: str
    age: str
    weight: str
    height: float | None
    instance: int | None
    turn: Turn | None
    shape: tuple[int, int]
    spacing: tuple[float, float] | None


def read_placement(path: Path) -> Placement:
    """Read the placement from the header of a DICOM slice; no pixels are read.

    Raises:
        ReadError: one sentence on what is wrong, without the path.
    """
    with WITHOUT_WARNINGS, open_dicom(path) as file:
        header = read_header(file)
        corner = numbers(
            functional_group(header, "PlanePositionSequence", frame=0), "ImagePositionPatient"
        )
        spacing = numbers(
            functional_group(header, "PixelMeasuresSequence", frame=0), "PixelSpacing"
        )
        instance = number(header, "InstanceNumber")
        return Placement(
            modality=text_of(header, "Modality"),
            sop_class=text_of(header, "SOPClassUID"),
            image_type=text_of(header, "ImageType"),
            study=text_of(header, "StudyInstanceUID"),
            series=text_of(header, "SeriesInstanceUID"),
            sop=text_of(header, "SOPInstanceUID"),
            patient=text_of(header, "PatientID"),
            sex=text_of(header, "PatientSex"),
            age=text_of(header, "PatientAge"),
            weight=text_of(header, "PatientWeight"),
            height=corner[2] if len(corner) == 3 else None,
            instance=None if instance is None else int(instance),
            turn=turn_of(header, frame=0),
            shape=(int(number(header, "Rows") or 0), int(number(header, "Columns") or 0)),
            spacing=(spacing[0], spacing[1]) if len(spacing) == 2 and min(spacing) > 0 else None,
        )
