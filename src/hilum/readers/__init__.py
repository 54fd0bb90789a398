"""Reading slices: picture and DICOM files as one result type."""

from hilum.readers.read import count_frames, read_ids, read_in_colour, read_slice, transfer_syntaxes
from hilum.readers.slice_image import SliceImage
from hilum.readers.sniff import is_candidate
from hilum.readers.window import LUNG, MEDIASTINAL, Window, apply_window, cell_window, parse_window

__all__ = [
    "LUNG",
    "MEDIASTINAL",
    "SliceImage",
    "Window",
    "apply_window",
    "cell_window",
    "count_frames",
    "is_candidate",
    "parse_window",
    "read_ids",
    "read_in_colour",
    "read_slice",
    "transfer_syntaxes",
]
