"""Notes on DICOM images that are not axial chest slices: plane, image type, body part."""

from __future__ import annotations

import re

from pydicom import Dataset

from hilum.readers.dicom.header import functional_group, text
from hilum.readers.dicom.orientation import plane_of

__all__ = ["LOCALIZER", "PROJECTION", "REFORMATTED", "not_an_axial_chest_slice"]

LOCALIZER = "A localizer (scout view), not an axial slice."
PROJECTION = "A projection or rendering of several slices (such as a MIP), not a slice."
REFORMATTED = "A reformatted image (MPR), not a slice as it was reconstructed."
SCREEN = "A screen save, not a slice as it was reconstructed."

_KINDS = (
    (LOCALIZER, re.compile(r"LOCALI[SZ]ER|SCOUT|TOPOGRAM")),
    (PROJECTION, re.compile(r"(?<![A-Z])M(AX|IN)?_?IP(?![A-Z])|PROJECTION|M(AX|IN)IMUM|RENDER"
                            r"|(?<![A-Z])(VRT?|SSD)(?![A-Z])")),
    (REFORMATTED, re.compile(r"REFORMAT|(?<![A-Z])[MC]PR(?![A-Z])|CURVED")),
    (SCREEN, re.compile(r"SCREEN")),
)  # fmt: skip
"""Values of Image Type and Frame Type: the standard's (PS3.3 C.8.2.1.1.1, C.8.16.1) and makers'."""

_CHEST = re.compile(
    r"CHEST|TH?[OÓ]RA|LUNG|PULMO|BRONCH|TRACHEA|MEDIAST|HEART|CARDI|CORONAR|BREAST|RIB|STERN"
    r"|T.?SPINE|BODY|TRUNK|TORSO|CAP\b|TAP\b|NECKTO|HEADTO|POITRINE|BRUST|PECHO"
)
"""Parts of the body that show the chest, alone or with others (PS3.16 annex L)."""

_UNSTATED = ("", "UNKNOWN", "UNDEFINED", "NONE", "OTHER", "NA", "N/A")

_CODE = re.compile(r"[A-Z][A-Z0-9_ -]{0,15}")
"""A Code String; anything else is not repeated in a note."""


def not_an_axial_chest_slice(header: Dataset, *, frame: int) -> list[str]:
    """Return a note for each reason why a CT image is not an original axial slice of the chest."""
    image_type = _image_type(header, frame=frame)
    notes = [note for note, pattern in _KINDS if pattern.search(image_type)]
    plane = plane_of(header, frame=frame)
    if plane not in ("", "axial") and LOCALIZER not in notes:
        article = "An" if plane == "oblique" else "A"
        notes.append(f"{article} {plane} plane, not an axial slice.")
    part = text(header, "BodyPartExamined").upper()
    if part not in _UNSTATED and not _CHEST.search(part):
        named = part if _CODE.fullmatch(part) else "another one"
        notes.append(f"Body part examined: {named}, not the chest.")
    return notes


def _image_type(header: Dataset, *, frame: int) -> str:
    """Return Image Type and, of an enhanced image, Frame Type, joined by `\\`."""
    group = functional_group(header, "CTImageFrameTypeSequence", frame=frame)
    frame_type = text(group, "FrameType") if group is not header else ""
    return f"{text(header, 'ImageType')}\\{frame_type}".upper()
