"""What the header of a DICOM image says about each of its frames as a slice of a series."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pydicom import Dataset

from hilum.errors import ReadError
from hilum.readers.dicom.header import functional_group, number, numbers, open_dicom, read_header
from hilum.readers.dicom.header import text as text_of
from hilum.readers.dicom.kinds import refuse_other_kinds
from hilum.readers.dicom.notes import not_an_axial_chest_slice
from hilum.readers.dicom.orientation import plane_of
from hilum.readers.dicom.pixels import read_layout
from hilum.readers.quiet import WITHOUT_WARNINGS

__all__ = ["Point", "SliceHeader", "read_slice_headers"]

FURTHEST_MM = 10_000.0
"""No slice is further from the origin of its scanner; a table moves by two metres."""

Point = tuple[float, float, float]
"""Millimetres along axes that point to the patient's left, back and head."""


@dataclass(frozen=True)
class SliceHeader:
    """One frame of a DICOM image; empty text if unknown.

    Attributes:
        path, frame: the file, and the 0-based frame in it.
        modality, sop_class, image_type, body_part: as in the header, several values joined by `\\`.
        study, series, sop, frame_of_reference: UIDs.
        patient: the patient's id, for telling patients apart; never shown.
        kernel: the Convolution Kernel, several values joined by `\\`.
        acquisition, instance, temporal: Acquisition Number, Instance Number and Temporal Position
            Identifier, or None.
        corner: centre of the first pixel (Image Position (Patient)), or None if impossible.
        directions: six cosines (Image Orientation (Patient)), or None.
        location: Slice Location in millimetres, or None.
        plane: "axial", "coronal", "sagittal", "oblique", or empty.
        shape: rows and columns.
        spacing: millimetres between (rows, columns), or None.
        thickness: Slice Thickness in millimetres, or None.
        burned_in: the header says that text is burned into the pixels.
        objections: why it is no original axial slice of the chest, see
            `hilum.readers.dicom.notes`.
    """

    path: Path
    frame: int
    modality: str
    sop_class: str
    image_type: str
    body_part: str
    study: str
    series: str
    sop: str
    frame_of_reference: str
    patient: str
    kernel: str
    acquisition: int | None
    instance: int | None
    temporal: int | None
    corner: Point | None
    directions: tuple[float, ...] | None
    location: float | None
    plane: str
    shape: tuple[int, int]
    spacing: tuple[float, float] | None
    thickness: float | None
    burned_in: bool
    objections: tuple[str, ...]


def read_slice_headers(path: Path) -> list[SliceHeader]:
    """Return the header of each frame of a DICOM image; no pixels are decoded.

    Raises:
        ReadError: it is broken, or no image of a slice: one sentence without the path.
    """
    with WITHOUT_WARNINGS, open_dicom(path) as file:
        header = read_header(file)
        meta = getattr(header, "file_meta", Dataset())
        sop_class = text_of(header, "SOPClassUID") or text_of(meta, "MediaStorageSOPClassUID")
        refuse_other_kinds(sop_class, modality=text_of(header, "Modality"))
        if not sop_class and "Modality" not in header and "Rows" not in header:
            raise ReadError("it begins like DICOM but holds neither a SOP class nor an image.")
        frames = read_layout(header, file).frames
        return [_of_frame(path, header, frame) for frame in range(frames)]


def _of_frame(path: Path, header: Dataset, frame: int) -> SliceHeader:
    """Return what is known about one frame."""
    position = functional_group(header, "PlanePositionSequence", frame=frame)
    orientation = functional_group(header, "PlaneOrientationSequence", frame=frame)
    measures = functional_group(header, "PixelMeasuresSequence", frame=frame)
    reconstruction = functional_group(header, "CTReconstructionSequence", frame=frame)
    corner, cosines = (
        numbers(position, "ImagePositionPatient"),
        numbers(orientation, "ImageOrientationPatient"),
    )
    spacing = numbers(measures, "PixelSpacing")
    return SliceHeader(
        path=path,
        frame=frame,
        modality=text_of(header, "Modality"),
        sop_class=text_of(header, "SOPClassUID"),
        image_type=text_of(header, "ImageType"),
        body_part=text_of(header, "BodyPartExamined"),
        study=text_of(header, "StudyInstanceUID"),
        series=text_of(header, "SeriesInstanceUID"),
        sop=text_of(header, "SOPInstanceUID"),
        frame_of_reference=text_of(header, "FrameOfReferenceUID"),
        patient=text_of(header, "PatientID"),
        kernel=text_of(reconstruction, "ConvolutionKernel"),
        acquisition=_integer(header, "AcquisitionNumber"),
        instance=_integer(header, "InstanceNumber"),
        temporal=_integer(header, "TemporalPositionIdentifier"),
        corner=_corner(corner),
        directions=tuple(cosines) if len(cosines) == 6 else None,
        location=number(header, "SliceLocation"),
        plane=plane_of(header, frame=frame),
        shape=(int(number(header, "Rows") or 0), int(number(header, "Columns") or 0)),
        spacing=(spacing[0], spacing[1]) if len(spacing) == 2 and min(spacing) > 0 else None,
        thickness=number(measures, "SliceThickness"),
        burned_in=text_of(header, "BurnedInAnnotation") == "YES",
        objections=tuple(not_an_axial_chest_slice(header, frame=frame)),
    )


def _corner(given: list[float]) -> Point | None:
    """Return Image Position (Patient); None where it is missing, or further away than a table."""
    if len(given) != 3 or max(map(abs, given)) > FURTHEST_MM:
        return None
    return given[0], given[1], given[2]


def _integer(header: Dataset, keyword: str) -> int | None:
    found = number(header, keyword)
    return None if found is None else int(found)
