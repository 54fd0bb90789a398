"""Whether a stack of DICOM slices is an axial chest CT, as far as its headers tell."""

from __future__ import annotations

from collections.abc import Sequence

from hilum.readers.dicom.kinds import CT_CLASSES
from hilum.readers.dicom.notes import REFORMATTED
from hilum.readers.series.header import SliceHeader

__all__ = ["why_not_chest_ct"]

_MODALITIES = {
    "CR": "an X-ray", "DX": "an X-ray", "MG": "a mammogram", "MR": "MR", "NM": "nuclear medicine",
    "PT": "PET", "RF": "fluoroscopy", "US": "ultrasound", "XA": "angiography",
}  # fmt: skip
_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
"""Secondary Capture, and beginning of its multi-frame kinds."""


def why_not_chest_ct(headers: Sequence[SliceHeader]) -> str:
    """Return why slices of one stack are no axial chest CT, as a sentence; empty if they may be.

    An axial reformat is a stack of slices like any other, and passes.
    """
    first = headers[0]
    if first.sop_class.startswith(_CAPTURE):
        return "A secondary capture, such as a dose sheet or a screen save, not a CT."
    if first.modality not in ("CT", ""):
        kind = _MODALITIES.get(first.modality)
        return f"{kind[0].upper()}{kind[1:]}, not CT." if kind else "Another modality, not CT."
    if first.sop_class and first.sop_class not in CT_CLASSES:
        return "Another kind of image, not CT."
    for objection in first.objections:
        if objection != REFORMATTED:
            return objection
    if not first.plane and "AXIAL" not in first.image_type.upper().split("\\"):
        return "Its orientation is not stated, so it can't be told from a coronal reformat."
    return ""
