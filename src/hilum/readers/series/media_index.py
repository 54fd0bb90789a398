"""DICOMDIR, the index of a medium: which of the files that it lists are missing (PS3.3 F.3)."""

from __future__ import annotations

from pathlib import Path

from hilum.readers.dicom.header import BROKEN, open_dicom, read_header, text
from hilum.readers.quiet import WITHOUT_WARNINGS
from hilum.readers.series.sort import LeftOutFiles

__all__ = ["missing_files"]

MISSING = "Listed in DICOMDIR, and missing."


def missing_files(index: Path) -> list[LeftOutFiles]:
    """Return the files that a DICOMDIR lists below its folder and that are not there.

    Files are found in the folder, not by the index: a broken one lists nothing.
    """
    folder, missing = index.parent, []
    try:
        with WITHOUT_WARNINGS, open_dicom(index) as file:
            for record in read_header(file).get("DirectoryRecordSequence") or []:
                parts = text(record, "ReferencedFileID").split("\\")
                path = folder.joinpath(*parts)
                if all(parts) and ".." not in parts and not path.exists():
                    missing.append(path)
    except BROKEN:
        return [LeftOutFiles.damaged(index, "the index of the medium is broken.")]
    return [LeftOutFiles(tuple(missing), MISSING, broken=True)] if missing else []
