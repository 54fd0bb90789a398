"""Reading the header of a DICOM file, and attributes of it that may be missing or broken."""

from __future__ import annotations

import io
import math
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from pydicom import Dataset, dcmread
from pydicom.errors import BytesLengthException, InvalidDicomError
from pydicom.filereader import read_dataset, read_preamble
from pydicom.uid import DeflatedExplicitVRLittleEndian

from hilum.errors import ReadError
from hilum.readers.dicom.bounded_file import BoundedFile
from hilum.readers.limits import MAX_FILE_BYTES

__all__ = [
    "BROKEN",
    "functional_group",
    "number",
    "numbers",
    "open_dicom",
    "read_header",
    "text",
    "whole_number",
]

BROKEN = (
    InvalidDicomError,
    BytesLengthException,
    OSError,
    EOFError,
    ValueError,  # bad numbers, bad lengths, bad text
    TypeError,
    LookupError,
    AttributeError,
    NotImplementedError,
    ArithmeticError,
    RecursionError,  # sequences nested without end
    struct.error,
    zlib.error,
)
"""Exceptions that pydicom raises for broken files."""

_META_GROUP = 0x0002
_META_START = 132
_META_GROUP_LENGTH = b"\x02\x00\x00\x00UL\x04\x00"


@contextmanager
def open_dicom(path: Path) -> Iterator[BinaryIO]:
    """Yield the DICOM file at its first byte; a deflated data set is inflated, without preamble.

    Raises:
        ReadError: a deflated data set is broken, or inflates to more than MAX_FILE_BYTES.
    """
    try:
        with BoundedFile(path) as file:
            deflated = _read_meta(file).get("TransferSyntaxUID") == DeflatedExplicitVRLittleEndian
    except BROKEN:
        deflated = False  # no meta information: a bare data set, or a broken file, reported later
    with io.BytesIO(_inflated(path)) if deflated else BoundedFile(path) as file:
        yield file


def _read_meta(file: BinaryIO) -> Dataset:
    """Return the file meta information (PS3.10 section 7.1), explicit VR little endian.

    Raises:
        one of BROKEN: there is none.
    """
    read_preamble(file, force=False)
    return read_dataset(
        file, is_implicit_VR=False, is_little_endian=True,
        stop_when=lambda tag, *_: tag.group != _META_GROUP,
    )  # fmt: skip


def _inflated(path: Path) -> bytes:
    """Return the data set of a deflated file, inflating at most MAX_FILE_BYTES."""
    raw = path.read_bytes()
    start = _META_START + len(_META_GROUP_LENGTH)
    if raw[_META_START:start] != _META_GROUP_LENGTH:
        raise ReadError("it is deflated DICOM without a meta information length; it can't be read.")
    start += 4 + int.from_bytes(raw[start : start + 4], "little")
    unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        data = unpacker.decompress(raw[start:], MAX_FILE_BYTES)
    except zlib.error as error:
        raise ReadError("its deflated data are broken or cut short.") from error
    if not unpacker.eof:
        reason = (
            f"unpack to more than {MAX_FILE_BYTES // 2**20} MiB"
            if len(data) >= MAX_FILE_BYTES
            else "are cut short"
        )
        raise ReadError(f"its deflated data {reason}.")
    return data


def read_header(file: BinaryIO) -> Dataset:
    """Return all attributes before the pixels, and leave the file positioned at the pixels.

    Raises:
        ReadError: the file is not DICOM, or is broken before the pixels.
    """
    file.seek(0)
    try:
        return dcmread(file, stop_before_pixels=True, force=True)
    except BROKEN as error:
        raise ReadError("its DICOM header is broken or cut short.") from error


def functional_group(header: Dataset, keyword: str, *, frame: int) -> Dataset:
    """Return the first item of a frame's functional group (PS3.3 C.7.6.16), else the header.

    Per-frame groups take precedence over shared ones; a classic image has them in the header.
    """
    for groups, index in (
        ("PerFrameFunctionalGroupsSequence", frame),
        ("SharedFunctionalGroupsSequence", 0),
    ):
        try:
            return header[groups][index][keyword][0]
        except BROKEN:
            continue
    return header


def text(header: Dataset, keyword: str) -> str:
    """Return an attribute as text, several values joined by `\\`; empty if unknown."""
    try:
        value = header.get(keyword)
        if value is None:
            return ""
        if isinstance(value, str):
            return value.strip()
        return "\\".join(map(str, value)) if hasattr(value, "__iter__") else str(value).strip()
    except BROKEN:
        return ""


def numbers(header: Dataset, keyword: str) -> list[float]:
    """Return the numbers of an attribute in order; empty if missing or not all finite numbers."""
    try:
        value = header.get(keyword)
        if value is None or value == "":
            return []
        values = value if hasattr(value, "__iter__") and not isinstance(value, str) else [value]
        found = [float(each) for each in values]
    except BROKEN:
        return []
    return found if all(map(math.isfinite, found)) else []


def number(header: Dataset, keyword: str) -> float | None:
    """Return an attribute's first number, or None if it is missing or not a number."""
    found = numbers(header, keyword)
    return found[0] if found else None


def whole_number(header: Dataset, keyword: str, *, missing: int | None = None) -> int:
    """Return a whole number without which the pixels can't be read.

    Raises:
        ReadError: it is broken, or it is missing and there is no default `missing`.
    """
    found = number(header, keyword)
    if found is not None and found == int(found):
        return int(found)
    if not _is_empty(header, keyword):
        raise ReadError(f"its attribute {keyword} is not a whole number; the file is damaged.")
    if missing is None:
        raise ReadError(f"its attribute {keyword} is missing; the file is damaged.")
    return missing


def _is_empty(header: Dataset, keyword: str) -> bool:
    """Return whether an attribute is missing or has no value; an unreadable one is not empty."""
    try:
        return header.get(keyword) in (None, "")
    except BROKEN:
        return False
