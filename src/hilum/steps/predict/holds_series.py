"""Whether a path is predicted by series or by slice; it needs neither pydicom nor OpenCV."""

from __future__ import annotations

from pathlib import Path

from hilum.readers.sniff import HEAD_BYTES, Format, sniff
from hilum.steps.predict.inputs import InputFiles

__all__ = ["INDEX", "VOLUMES", "holds_series", "is_volume", "kind_of"]

VOLUMES = (".nii", ".nii.gz")
INDEX = "DICOMDIR"
DEEPEST_LOOK = 2000
"""Files of a folder that are looked at to find out whether it holds series."""


def kind_of(file: Path) -> Format | None:
    """Return the format of a file by its first bytes; None: unknown."""
    with file.open("rb") as opened:
        return sniff(opened.read(HEAD_BYTES))


def is_volume(path: Path) -> bool:
    """Whether a file is named like a NIfTI volume."""
    return path.name.lower().endswith(VOLUMES) and path.is_file()


def holds_series(path: Path) -> bool:
    """Whether a path is to be predicted by series: it holds DICOM or NIfTI, and no pictures.

    A single DICOM file or a picture is a slice; a zip, a DICOMDIR and a NIfTI volume are series. Of
    a folder, the first DEEPEST_LOOK files are looked at.
    """
    if path.is_file():
        return is_volume(path) or path.name.upper() == INDEX or path.suffix.lower() == ".zip"
    found = False
    for number, file in enumerate(InputFiles([path])):
        if number >= DEEPEST_LOOK:
            break
        if file.problem or not file.path.is_file():
            continue
        try:
            kind = "NIfTI" if is_volume(file.path) else kind_of(file.path)
        except OSError:
            continue
        if kind in ("DICOM", "NIfTI"):
            found = True
        elif kind is not None:
            return False
    return found
