"""Detecting the format of a file from its first bytes, not its name."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

__all__ = ["HEAD_BYTES", "Format", "is_candidate", "sniff"]

Format = Literal["PNG", "JPEG", "TIFF", "BMP", "WebP", "DICOM"]

HEAD_BYTES = 132
"""Bytes needed to detect the format: the DICOM preamble and the four letters after it."""

_SUFFIXES = {".bmp", ".dcm", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"}
_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG = b"\xff\xd8\xff"
_TIFF = (b"II*\0", b"MM\0*")
_BMP, _BMP_HEADERS = b"BM", (12, 40, 52, 56, 64, 108, 124)
"""A bitmap begins with two letters alone; the size of its second header follows at byte 14."""
_BARE_GROUPS = {b"\x02\x00", b"\x08\x00", b"\x00\x02", b"\x00\x08"}
_MAX_BARE_LENGTH = 1024
"""A data set without preamble starts with a short element (group length, character set, date)."""


def sniff(head: bytes) -> Format | None:
    """Return the format of a file from its first HEAD_BYTES, or None if it is unknown.

    A DICOM data set without the 128-byte preamble is recognised by its first element: group 0002 or
    0008, then a value representation of two letters or a short even length (PS3.5 section 7.1).
    """
    if head[128:132] == b"DICM":  # its preamble may hold the header of a TIFF (PS3.10 7.1)
        return "DICOM"
    if head.startswith(_PNG):
        return "PNG"
    if head.startswith(_JPEG):
        return "JPEG"
    if head.startswith(_TIFF):
        return "TIFF"
    if head.startswith(_BMP) and int.from_bytes(head[14:18], "little") in _BMP_HEADERS:
        return "BMP"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WebP"
    return "DICOM" if _is_bare_dicom(head) else None


def is_candidate(path: Path | str) -> bool:
    """Return whether a file in a folder looks like a slice, by its first bytes or suffix.

    What is no regular file, such as a named pipe, doesn't and is not opened.

    A file with the suffix of a slice always counts, even if it is not one or can't be opened, so
    that reading it reports what is wrong.
    """
    path = Path(path)
    if not path.is_file():  # opening a named pipe would wait for whoever writes to it
        return False
    if path.suffix.lower() in _SUFFIXES:
        return True
    try:
        with path.open("rb") as file:
            return sniff(file.read(HEAD_BYTES)) is not None
    except OSError:
        return False


def _is_bare_dicom(head: bytes) -> bool:
    """Return whether `head` starts like a DICOM data set without preamble."""
    if len(head) < 8 or head[:2] not in _BARE_GROUPS:
        return False
    if head[4:6].isalpha() and head[4:6].isupper():
        return True
    length = int.from_bytes(head[4:8], "little" if head[1] == 0 else "big")
    return 0 < length <= _MAX_BARE_LENGTH and length % 2 == 0
