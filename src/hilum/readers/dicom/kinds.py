"""DICOM objects that are not images of a slice (PS3.4 B.5, PS3.6 annex A)."""

from __future__ import annotations

from hilum.errors import ReadError

__all__ = ["CT_CLASSES", "refuse_other_kinds"]

_STORAGE = "1.2.840.10008.5.1.4.1.1."

CT_CLASSES = {
    f"{_STORAGE}2": "CT Image Storage",
    f"{_STORAGE}2.1": "Enhanced CT Image Storage",
    f"{_STORAGE}2.2": "Legacy Converted Enhanced CT Image Storage",
}
"""The SOP classes whose rescaled values may be Hounsfield units."""

_KINDS = {
    "1.2.840.10008.1.3.10": "a DICOMDIR index",
    f"{_STORAGE}4.2": "an MR spectrum",
    f"{_STORAGE}30": "a parametric map",
    f"{_STORAGE}66": "raw data",
    f"{_STORAGE}66.1": "a spatial registration",
    f"{_STORAGE}66.2": "spatial fiducials",
    f"{_STORAGE}66.3": "a deformable registration",
    f"{_STORAGE}66.4": "a segmentation",
    f"{_STORAGE}66.5": "a surface segmentation",
    f"{_STORAGE}66.6": "a tractography result",
    f"{_STORAGE}66.7": "a label map segmentation",
    f"{_STORAGE}67": "a real world value map",
    f"{_STORAGE}77.1.6": "a whole-slide microscopy image",
    f"{_STORAGE}88.59": "a key object selection",
    f"{_STORAGE}481.2": "an RT dose grid",
    f"{_STORAGE}481.3": "an RT structure set",
    f"{_STORAGE}481.4": "an RT treatment record",
    f"{_STORAGE}481.5": "an RT plan",
    f"{_STORAGE}481.8": "an RT ion plan",
}
_KINDS_BY_PREFIX = {
    f"{_STORAGE}9.": "a waveform such as an ECG",
    f"{_STORAGE}11.": "a presentation state",
    f"{_STORAGE}88.": "a structured report",
    f"{_STORAGE}104.": "an encapsulated document",
    f"{_STORAGE}481.": "a radiotherapy object",
}
_KINDS_BY_MODALITY = {
    "ECG": "a waveform such as an ECG",
    "KO": "a key object selection",
    "PR": "a presentation state",
    "REG": "a spatial registration",
    "RTDOSE": "an RT dose grid",
    "RTPLAN": "an RT plan",
    "RTSTRUCT": "an RT structure set",
    "SEG": "a segmentation",
    "SM": "a whole-slide microscopy image",
    "SR": "a structured report",
}


def refuse_other_kinds(sop_class: str, *, modality: str) -> None:
    """Raise ReadError, naming the kind, if a DICOM object is not an image of a slice.

    Args:
        sop_class: the SOP Class UID, or that of the file meta information; may be empty.
        modality: decides if the SOP class is empty.
    """
    kind = _KINDS.get(sop_class)
    for prefix, words in _KINDS_BY_PREFIX.items():
        if kind is None and sop_class.startswith(prefix):
            kind = words
    if kind is None and not sop_class:
        kind = _KINDS_BY_MODALITY.get(modality)
    if kind is not None:
        raise ReadError(f"it is {kind}, not an image of a slice.")
