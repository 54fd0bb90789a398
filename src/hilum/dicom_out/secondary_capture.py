"""A top slice next to its map as a Secondary Capture, for viewers that show no Parametric Map."""

from __future__ import annotations

import highdicom as hd
from pydicom import Dataset

from hilum.dicom_out.context import MANUFACTURER, NOTICE, ResultContext, completed, of_chest
from hilum.dicom_out.result import MappedSlice

__all__ = ["secondary_capture"]

SERIES_NUMBER = 9103


def secondary_capture(
    one: MappedSlice, context: ResultContext, *, series_uid: str, number: int
) -> Dataset:
    """Return the picture of a top slice.

    Args:
        one: the slice.
        context: the run.
        series_uid: of the series of all pictures of one answer.
        number: 1-based, of this picture in it.
    """
    written = hd.sc.SCImage.from_ref_dataset(
        completed(one.header),
        pixel_array=one.picture,
        photometric_interpretation=hd.PhotometricInterpretationValues.RGB,
        bits_allocated=8,
        coordinate_system=hd.CoordinateSystemNames.PATIENT,
        patient_orientation=("L", "P"),
        series_instance_uid=series_uid,
        series_number=SERIES_NUMBER,
        sop_instance_uid=context.new_uid(),
        instance_number=number,
        manufacturer=MANUFACTURER,
        transfer_syntax_uid="1.2.840.10008.1.2.1",
        series_description=f"hilum pictures. {NOTICE}",
    )
    written.ImageComments = NOTICE
    written.BurnedInAnnotation = "YES"
    written.SoftwareVersions = context.version
    written.SourceImageSequence = [_source(one.header)]
    return of_chest(written)


def _source(header: Dataset) -> Dataset:
    """Return the reference to the slice that a picture shows."""
    item = Dataset()
    item.ReferencedSOPClassUID = header.SOPClassUID
    item.ReferencedSOPInstanceUID = header.SOPInstanceUID
    return item
