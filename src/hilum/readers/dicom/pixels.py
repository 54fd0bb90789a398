"""Decoding one frame of a DICOM file, after its header has been checked against the data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import BinaryIO

import numpy as np
import numpy.typing as npt
from pydicom import Dataset
from pydicom.encaps import get_frame
from pydicom.pixels import get_decoder, pixel_array
from pydicom.uid import (
    UID,
    AllTransferSyntaxes,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    RLELossless,
)

from hilum.errors import ReadError, UsageError
from hilum.readers.dicom.bits import Codestream, StoredBits, stored_values
from hilum.readers.dicom.header import BROKEN, number, text, whole_number
from hilum.readers.limits import check_pixels

__all__ = ["Layout", "choose_frame", "decode_frame", "read_layout", "transfer_syntaxes"]

_MIN_FRAGMENT_BYTES = 8
"""A compressed frame takes at least the tag and length of its item (PS3.5 A.4)."""

_PLUGINS = {RLELossless: "pydicom"}
"""Transfer syntaxes with a fixed decoder: for a broken segment, pylibjpeg-rle panics with something
that isn't an Exception and writes to the terminal; pydicom's own decoder is slower and raises."""

_JPEG_2000_START = b"\xff\x4f\xff\x51"
_JPEG_2000_SAMPLE = 42
"""Position of Ssiz, the precision and sign of the first component (ISO 15444-1 A.5.1)."""
_JPEG_START = b"\xff\xd8"
_JPEG_FRAME_MARKERS = {*range(0xC0, 0xD0), 0xF7} - {0xC4, 0xC8, 0xCC}
"""Start-of-frame markers of JPEG (ITU-T T.81 table B.1) and JPEG-LS (T.87)."""


@dataclass(frozen=True)
class Layout:
    """Pixel layout according to the header: size, frames, transfer syntax, position in the file."""

    rows: int
    columns: int
    frames: int
    syntax: UID
    start: int
    bits: StoredBits


def transfer_syntaxes() -> dict[str, bool]:
    """Return the DICOM transfer syntaxes of images by name, and whether each decodes here."""
    decodable = {}
    for uid in AllTransferSyntaxes:
        try:
            decodable[str(uid.name)] = bool(get_decoder(uid).is_available)
        except NotImplementedError:
            continue  # video, and syntaxes without a pixel decoder
    return decodable


def read_layout(header: Dataset, file: BinaryIO) -> Layout:
    """Return the layout of the pixels; `file` is positioned at them by `read_header`.

    Raises:
        ReadError: there are no pixels, too many pixels, or fewer bytes than the header promises.
    """
    start = file.tell()
    if len(file.read(12)) < 12 or "Rows" not in header:
        raise ReadError(f"it is DICOM without pixels ({_class_name(header)}).")
    rows, columns = whole_number(header, "Rows"), whole_number(header, "Columns")
    check_pixels(rows, columns)
    frames = max(1, whole_number(header, "NumberOfFrames", missing=1))
    layout = Layout(rows, columns, frames, _syntax(header), start, _stored_bits(header))
    left = file.seek(0, 2) - start
    _check_length(layout, left, bits=_bits_per_pixel(header))
    return layout


def _class_name(header: Dataset) -> str:
    """Return the name of the SOP class; an unknown UID is not repeated."""
    uid = text(header, "SOPClassUID")
    if not uid:
        return "no SOP class"
    name = str(UID(uid).name)
    return name if name != uid else "an unknown SOP class"


def _syntax(header: Dataset) -> UID:
    """Return the transfer syntax; for a bare data set the one used to parse it."""
    is_implicit, is_little = header.original_encoding
    stated = text(getattr(header, "file_meta", Dataset()), "TransferSyntaxUID")
    if stated and not UID(stated).is_transfer_syntax:
        raise ReadError("its transfer syntax is none that DICOM knows; the file is damaged.")
    if stated:
        return UID(stated)
    if not is_little:
        return ExplicitVRBigEndian
    return ImplicitVRLittleEndian if is_implicit else ExplicitVRLittleEndian


def _stored_bits(header: Dataset) -> StoredBits:
    """Return which bits of a pixel hold its value; by default all of them."""
    stored = whole_number(header, "BitsStored", missing=whole_number(header, "BitsAllocated"))
    high = number(header, "HighBit")
    return StoredBits(
        stored=stored,
        high=stored - 1 if high is None else int(high),
        is_signed=whole_number(header, "PixelRepresentation", missing=0) == 1,
        intercept=number(header, "RescaleIntercept") or 0.0,
    )


def _bits_per_pixel(header: Dataset) -> int:
    """Return the number of bits per pixel of an uncompressed frame."""
    samples = whole_number(header, "SamplesPerPixel", missing=1)
    if text(header, "PhotometricInterpretation") == "YBR_FULL_422":
        samples = 2  # two pixels share their chrominance (PS3.3 C.7.6.3.1.2)
    return samples * whole_number(header, "BitsAllocated")


def _check_length(layout: Layout, left: int, *, bits: int) -> None:
    """Raise ReadError if `left` bytes can't hold the frames that the header promises."""
    pixels = layout.rows * layout.columns * layout.frames
    promised = (pixels * bits + 7) // 8
    if layout.syntax.is_compressed:
        promised = layout.frames * _MIN_FRAGMENT_BYTES
    if promised > left:
        raise ReadError(
            f"the file is cut short or its header is wrong: {layout.frames} frame(s) of "
            f"{layout.rows} x {layout.columns} need {promised:,} bytes, and {left:,} are there."
        )


def choose_frame(frames: int, frame: int | None) -> int:
    """Return the index of the frame to read from a file with `frames` frames.

    Raises:
        ReadError: there are several frames and none was chosen.
        UsageError: the chosen frame does not exist.
    """
    if frame is None:
        if frames > 1:
            raise ReadError(f"it holds {frames} frames; choose one, frame=0 to {frames - 1}.")
        return 0
    if not 0 <= frame < frames:
        raise UsageError(f"there is no frame {frame}; the file has {frames}, counted from 0.")
    return frame


def decode_frame(
    file: BinaryIO, layout: Layout, frame: int, *, notes: list[str]
) -> npt.NDArray[np.generic]:
    """Return one frame as stored: (rows, columns), or (rows, columns, 3) for colour as RGB.

    Notes on values that were not stored as the header says are added to `notes`.

    Raises:
        ReadError: no decoder is installed for the transfer syntax, or the data are broken.
    """
    name = str(layout.syntax.name)
    if not transfer_syntaxes().get(name, False):
        raise ReadError(f"its transfer syntax ({name}) can't be decoded here; see hilum doctor.")
    codestream = None
    if layout.syntax.is_compressed:
        data = _compressed(file, layout, frame)
        _check_codestream(data, layout)
        codestream = _codestream(data)
    file.seek(0)
    try:
        pixels = pixel_array(
            file,
            index=frame,
            decoding_plugin=_PLUGINS.get(layout.syntax, ""),
            transfer_syntax_uid=layout.syntax,
            correct_unused_bits=False,  # it assumes that the value lies in the lowest bits
        )
    except (*BROKEN, RuntimeError, AssertionError) as error:
        raise ReadError(f"its pixels ({name}) are broken or can't be decoded here.") from error
    if pixels.shape[:2] != (layout.rows, layout.columns):
        raise ReadError(f"its pixels are not the {layout.rows} x {layout.columns} of its header.")
    if pixels.ndim != 2 or pixels.dtype.kind not in "iu":
        return np.asarray(pixels)
    return stored_values(pixels, layout.bits, codestream, notes)


def _compressed(file: BinaryIO, layout: Layout, frame: int) -> bytes:
    """Return the bytes of one compressed frame (always explicit VR little endian)."""
    file.seek(layout.start + 12)
    try:
        return bytes(get_frame(file, frame, number_of_frames=layout.frames))
    except BROKEN as error:
        raise ReadError("its compressed pixels are cut short or broken.") from error


def _check_codestream(data: bytes, layout: Layout) -> None:
    """Raise ReadError if the size in a compressed frame differs from that in the header.

    A decoder allocates memory for the size in the frame, which would bypass all other limits.
    """
    claimed = _claimed_size(data)
    if claimed is not None and claimed != (layout.rows, layout.columns):
        raise ReadError(
            f"its compressed pixels claim {claimed[0]:,} x {claimed[1]:,}, its header says "
            f"{layout.rows} x {layout.columns}; the file is damaged."
        )


def _codestream(data: bytes) -> Codestream | None:
    """Return precision and sign that a frame states; None for RLE, which keeps whole words."""
    if data.startswith(_JPEG_2000_START):
        size = data[_JPEG_2000_SAMPLE] if len(data) > _JPEG_2000_SAMPLE else 0
        return Codestream(precision=(size & 0x7F) + 1, is_signed=bool(size & 0x80))
    at = _start_of_frame(data)
    return None if at is None else Codestream(precision=data[at + 4])


def _claimed_size(data: bytes) -> tuple[int, int] | None:
    """Return the rows and columns stated in a JPEG, JPEG-LS or JPEG 2000 frame, if found."""
    if data.startswith(_JPEG_2000_START):
        right, bottom, left, top = (int.from_bytes(data[at : at + 4]) for at in (8, 12, 16, 20))
        return bottom - top, right - left
    at = _start_of_frame(data)
    if at is None:
        return None
    return int.from_bytes(data[at + 5 : at + 7]), int.from_bytes(data[at + 7 : at + 9])


def _start_of_frame(data: bytes) -> int | None:
    """Return the position of the start-of-frame marker of a JPEG or JPEG-LS frame, if found."""
    if not data.startswith(_JPEG_START):
        return None
    at = len(_JPEG_START)
    while at + 9 <= len(data) and data[at] == 0xFF:
        if data[at + 1] in _JPEG_FRAME_MARKERS:
            return at
        if data[at + 1] == 0xFF:
            at += 1  # a fill byte
        else:
            at += 2 + int.from_bytes(data[at + 2 : at + 4])
    return None
