"""Reading one frame of a DICOM file as a slice."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from pydicom import Dataset

from hilum.errors import ReadError
from hilum.readers.dicom.grey import render
from hilum.readers.dicom.header import functional_group, numbers, open_dicom, read_header, text
from hilum.readers.dicom.kinds import refuse_other_kinds
from hilum.readers.dicom.notes import not_an_axial_chest_slice
from hilum.readers.dicom.orientation import turn_of
from hilum.readers.dicom.pixels import choose_frame, decode_frame, read_layout
from hilum.readers.picture_checks import picture_notes
from hilum.readers.quiet import WITHOUT_WARNINGS
from hilum.readers.slice_image import SliceImage
from hilum.readers.turn import Turn
from hilum.readers.window import Window

__all__ = ["count_dicom_frames", "read_dicom", "read_dicom_ids"]

TURNED = "Turned upright by its Image Orientation: rows and columns are not the file's own."

MOST_OBLONG = 1.2
"""A pixel's longer side over its shorter one, from which on anatomy looks out of proportion."""

_IDS = {
    "PatientID": "patient_id",
    "StudyInstanceUID": "study_instance_uid",
    "SeriesInstanceUID": "series_instance_uid",
    "SOPInstanceUID": "sop_instance_uid",
    "SOPClassUID": "sop_class_uid",
    "FrameOfReferenceUID": "frame_of_reference_uid",
    "InstanceNumber": "instance_number",
    "PatientSex": "patient_sex",
    "PatientAge": "patient_age",
}

_KEYWORDS_OF_AN_OBJECT = ("SOPClassUID", "Modality", "Rows", "StudyInstanceUID")
"""Data that parse as DICOM by accident, without a preamble, have none of these."""


def read_dicom(path: Path, *, window: Window, frame: int | None) -> SliceImage:
    """Read one frame of a DICOM file, in radiological orientation if it is axial.

    Raises:
        ReadError: one sentence on what is wrong, without the path.
        UsageError: `frame` does not exist.
    """
    with WITHOUT_WARNINGS, open_dicom(path) as file:
        header = read_header(file)
        _refuse(header)
        layout = read_layout(header, file)
        index = choose_frame(layout.frames, frame)
        notes: list[str] = []
        pixels = decode_frame(file, layout, index, notes=notes)
        rendering = render(pixels, header, window=window, frame=index)
        notes += rendering.notes
        modality = text(header, "Modality")
        if modality in ("", "CT"):
            notes += not_an_axial_chest_slice(header, frame=index)
        if text(header, "BurnedInAnnotation") == "YES":
            notes.append("According to its header, text is burned into its pixels.")
        notes += picture_notes(rendering.grey)
        turn = turn_of(header, frame=index) or Turn()
        if turn:
            notes.append(TURNED)
        spacing = _spacing(header, index)
        notes += _oblong_pixels(header, spacing)
        return SliceImage(
            grey=np.ascontiguousarray(turn.of(rendering.grey)),
            format="DICOM",
            hu=None if rendering.hu is None else np.ascontiguousarray(turn.of(rendering.hu)),
            window=rendering.window,
            value_range=rendering.value_range,
            spacing=spacing[::-1] if spacing and turn.transpose else spacing,
            modality=modality,
            frame=index,
            ids=_ids(header),
            position=_position(header, index),
            notes=tuple(notes),
            unit_counts=rendering.unit_counts,
            turn=turn,
        )


def read_dicom_ids(path: Path) -> dict[str, str]:
    """Return the identifiers of a DICOM file as in SliceImage.ids; no pixels are read.

    Raises:
        ReadError: one sentence on what is wrong, without the path.
    """
    with WITHOUT_WARNINGS, open_dicom(path) as file:
        return _ids(read_header(file))


def _ids(header: Dataset) -> dict[str, str]:
    """Return the identifiers in a header by their column name."""
    ids = {name: text(header, keyword) for keyword, name in _IDS.items()}
    return {name: value for name, value in ids.items() if value}


def count_dicom_frames(path: Path) -> int:
    """Return the number of frames of a DICOM image without decoding it.

    Raises:
        ReadError: one sentence on what is wrong, without the path.
    """
    with WITHOUT_WARNINGS, open_dicom(path) as file:
        header = read_header(file)
        _refuse(header)
        return read_layout(header, file).frames


def _refuse(header: Dataset) -> None:
    """Raise ReadError for objects that are not images of a slice, or hardly DICOM at all."""
    meta = getattr(header, "file_meta", Dataset())
    sop_class = text(header, "SOPClassUID") or text(meta, "MediaStorageSOPClassUID")
    refuse_other_kinds(sop_class, modality=text(header, "Modality"))
    if not any(keyword in header for keyword in _KEYWORDS_OF_AN_OBJECT):
        raise ReadError("it begins like DICOM but holds neither a SOP class nor an image.")


def _position(header: Dataset, frame: int) -> float | None:
    """Return the position along the body's axis in mm, from Image Position (Patient)."""
    group = functional_group(header, "PlanePositionSequence", frame=frame)
    corner = numbers(group, "ImagePositionPatient")
    return corner[2] if len(corner) == 3 else None


def _spacing(header: Dataset, frame: int) -> tuple[float, float] | None:
    """Return Pixel Spacing in mm (rows, columns); Imager Pixel Spacing is not used."""
    group = functional_group(header, "PixelMeasuresSequence", frame=frame)
    spacing = numbers(group, "PixelSpacing")
    return (spacing[0], spacing[1]) if len(spacing) == 2 and min(spacing) > 0 else None


def _oblong_pixels(header: Dataset, spacing: tuple[float, float] | None) -> list[str]:
    """Return a note on pixels that aren't square, by Pixel Spacing, else Pixel Aspect Ratio."""
    sides = spacing or tuple(numbers(header, "PixelAspectRatio"))
    if len(sides) != 2 or min(sides) <= 0 or max(sides) <= MOST_OBLONG * min(sides):
        return []
    unit = " mm" if spacing else ""
    return [
        f"Its pixels are not square ({sides[0]:.3g} x {sides[1]:.3g}{unit}, down and across): it "
        f"is shown and predicted as it is stored, out of proportion."
    ]
