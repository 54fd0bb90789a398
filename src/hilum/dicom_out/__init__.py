"""Results as DICOM objects, by highdicom: a report, the maps, the pictures; one file an object."""

from hilum.dicom_out.context import ResultContext, check_uid_root
from hilum.dicom_out.parametric_map import parametric_map
from hilum.dicom_out.result import MappedSlice, SeriesResult
from hilum.dicom_out.secondary_capture import secondary_capture
from hilum.dicom_out.structured_report import structured_report

__all__ = [
    "MappedSlice",
    "ResultContext",
    "SeriesResult",
    "check_uid_root",
    "parametric_map",
    "secondary_capture",
    "structured_report",
]
