"""DICOM files sorted into series: ordered by position, checked, and refused by name."""

from hilum.readers.series.geometry import Gap, SeriesGeometry
from hilum.readers.series.header import SliceHeader, read_slice_headers
from hilum.readers.series.sort import CtSeries, LeftOutFiles, SortedFiles, sort_into_series

__all__ = [
    "CtSeries",
    "Gap",
    "LeftOutFiles",
    "SeriesGeometry",
    "SliceHeader",
    "SortedFiles",
    "read_slice_headers",
    "sort_into_series",
]
