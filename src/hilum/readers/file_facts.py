"""Facts of a file that a network never sees by itself: format, mode, size, depth, compression."""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image
from PIL.JpegImagePlugin import JpegImageFile

from hilum.errors import ReadError, UsageError
from hilum.readers.quiet import WITHOUT_WARNINGS
from hilum.readers.sniff import HEAD_BYTES, sniff

__all__ = ["FileFacts", "jpeg_quality", "read_file_facts"]

_STANDARD_LUMA = (
    16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55,
    14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51, 87, 80, 62,
    18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92,
    49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99,
)  # fmt: skip
"""Quantisation of brightness that JPEG encoders scale: ITU-T T.81, Annex K, table K.1."""
_ORIENTATION = 0x0112
_UPRIGHT = 1
_BITS_OF_MODE = {"1": 1, "I": 16, "I;16": 16, "F": 32}


@dataclass(frozen=True)
class FileFacts:
    """What the header of a slice's file says.

    Attributes:
        format: "PNG", "JPEG", "TIFF", "BMP", "WebP" or "DICOM".
        mode: of pictures Pillow's mode as stored (L, RGB, RGBA, P, LA, I;16, ...); of DICOM the
            Photometric Interpretation.
        rows, columns: pixels as stored.
        bits: of one channel of a pixel.
        quality: of JPEG, 1 to 100 on the scale of the IJG's encoder; None for all else.
        bytes: of the file.
        turned: the EXIF orientation, 1 (upright) to 8.
        compression: of DICOM the name of the transfer syntax; of JPEG "baseline" or "progressive";
            of others empty.
        slice_thickness: of DICOM, mm; None for all else, and where it is missing or not above 0.
    """

    format: str
    mode: str
    rows: int
    columns: int
    bits: int
    bytes: int
    quality: int | None = None
    turned: int = _UPRIGHT
    compression: str = ""
    slice_thickness: float | None = None


def read_file_facts(path: Path | str) -> FileFacts:
    """Read the header of a slice's file; its pixels are not decoded.

    Raises:
        UsageError: there is no such file.
        ReadError: the file is not a slice or its header is broken: `PATH: sentence`.
    """
    path = Path(path)
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            kind = sniff(file.read(HEAD_BYTES))
    except FileNotFoundError:
        raise UsageError(f"{path}: there is no such file.") from None
    except OSError as error:
        raise ReadError(f"{path}: can't be opened ({error.strerror or error}).") from error
    if kind is None:
        raise ReadError(
            f"{path}: its content is of no known format; hilum reads DICOM, PNG, JPEG, TIFF, BMP "
            "and WebP."
        )
    return _dicom_facts(path, size) if kind == "DICOM" else _picture_facts(path, kind, size)


def jpeg_quality(table: npt.ArrayLike) -> int:
    """Return the IJG quality, 1 to 100, whose brightness table is nearest to `table`.

    Args:
        table: (64,) the quantisation table for brightness, in any order: tables are compared by
            their sum, which falls with every step of quality.
    """
    return int(np.abs(_sums() - np.asarray(table, dtype=np.float64).sum()).argmin()) + 1


@cache
def _sums() -> npt.NDArray[np.float64]:
    """Return the sum of the brightness table at each quality from 1 to 100 (jcparam.c)."""
    quality = np.arange(1, 101)
    scale = np.where(quality < 50, 5000 // quality, 200 - 2 * quality)
    tables = (np.array(_STANDARD_LUMA)[None, :] * scale[:, None] + 50) // 100
    return np.asarray(np.clip(tables, 1, 255).sum(axis=1), dtype=np.float64)


def _picture_facts(path: Path, kind: str, size: int) -> FileFacts:
    """Return the facts of a picture file."""
    try:
        with WITHOUT_WARNINGS, Image.open(path, formats=(kind,)) as image:
            quality, compression = None, ""
            if isinstance(image, JpegImageFile):
                tables = image.quantization
                quality = jpeg_quality(tables[min(tables)]) if tables else None
                compression = "progressive" if image.info.get("progressive") else "baseline"
            return FileFacts(
                format=kind, mode=image.mode, rows=image.height, columns=image.width,
                bits=_BITS_OF_MODE.get(image.mode, 8), bytes=size, quality=quality,
                turned=_turned(image), compression=compression,
            )  # fmt: skip
    except (OSError, SyntaxError, ValueError, struct.error) as error:
        raise ReadError(f"{path}: its {kind} header is broken ({error}).") from error


def _turned(image: Image.Image) -> int:
    """Return the EXIF orientation; upright where EXIF is missing or broken."""
    try:
        value = image.getexif().get(_ORIENTATION, _UPRIGHT)
    except (OSError, SyntaxError, ValueError, TypeError, LookupError, struct.error):
        return _UPRIGHT
    return value if isinstance(value, int) and 1 <= value <= 8 else _UPRIGHT


def _dicom_facts(path: Path, size: int) -> FileFacts:
    """Return the facts of a DICOM file."""
    from pydicom import dcmread  # slow to import, and most slices are pictures
    from pydicom.errors import InvalidDicomError

    from hilum.readers.dicom.bounded_file import BoundedFile

    wanted = ["Rows", "Columns", "BitsStored", "PhotometricInterpretation", "SliceThickness"]
    try:
        with WITHOUT_WARNINGS, BoundedFile(path) as file:
            header = dcmread(file, stop_before_pixels=True, specific_tags=wanted, force=True)
            syntax = getattr(header, "file_meta", None)
            uid = getattr(syntax, "TransferSyntaxUID", None)
            return FileFacts(
                format="DICOM", mode=str(header.get("PhotometricInterpretation", "")),
                rows=int(header.get("Rows", 0)), columns=int(header.get("Columns", 0)),
                bits=int(header.get("BitsStored", 0)), bytes=size,
                compression=str(uid.name) if uid is not None else "",
                slice_thickness=_thickness(header.get("SliceThickness")),
            )  # fmt: skip
    except (InvalidDicomError, OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise ReadError(f"{path}: its DICOM header is broken ({error}).") from error


def _thickness(value: object) -> float | None:
    """Return a Slice Thickness in mm; None where it is missing, no number or not above 0."""
    try:
        thickness = float(str(value))
    except ValueError:
        return None
    return thickness if math.isfinite(thickness) and thickness > 0 else None
