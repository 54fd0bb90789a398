"""Opening picture files: one picture per file, its size checked before its pixels are decoded."""

from __future__ import annotations

import struct
import sys
import zlib
from collections.abc import Callable
from typing import Any, BinaryIO, Literal

import numpy as np
import numpy.typing as npt
from PIL import Image
from PIL.BmpImagePlugin import BmpImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TiffImageFile
from PIL.WebPImagePlugin import WebPImageFile

from hilum.errors import ReadError
from hilum.readers.limits import check_pixels

__all__ = ["BROKEN", "PictureFormat", "decode_picture", "decode_wide_channels"]

PictureFormat = Literal["PNG", "JPEG", "TIFF", "BMP", "WebP"]

BROKEN = (
    OSError,  # truncated data, unknown markers
    SyntaxError,  # Pillow's exception for a broken header
    ValueError,
    TypeError,
    LookupError,
    EOFError,
    OverflowError,
    struct.error,
    zlib.error,
)
"""Exceptions that Pillow raises for broken files."""

_OPPOSITE = {"B": "L", "L": "B", "N": "B" if sys.byteorder == "little" else "L"}
"""Opposite byte orders in Pillow's raw modes: big-endian, little-endian, native."""

_PLUGINS: dict[str, Callable[[BinaryIO], Image.Image]] = {
    "PNG": PngImageFile,
    "JPEG": JpegImageFile,
    "TIFF": TiffImageFile,
    "BMP": BmpImageFile,
    "WebP": WebPImageFile,
}


def decode_picture(file: BinaryIO, kind: PictureFormat) -> tuple[Image.Image, bool]:
    """Return the decoded picture; its size is checked before its pixels are decoded.

    The plug-in's class is called directly: `Image.open` warns about large pictures using a
    process-wide limit.

    Returns:
        the picture, and whether its colour or alpha channels have 16 bits, of which Pillow keeps 8.

    Raises:
        ReadError: one sentence on what is wrong, without the path.
    """
    try:
        if kind == "WebP":
            check_pixels(*_webp_size(file.read(30)))  # its decoder allocates when it opens a file
            file.seek(0)
        image = _PLUGINS[kind](file)
    except BROKEN as error:
        raise ReadError(_damage(error, kind, f"its {kind} header is broken")) from error
    check_pixels(image.height, image.width)
    try:
        if kind in ("TIFF", "WebP") and _has_second_picture(image):
            raise ReadError(f"the {kind} file holds several pictures; save each as its own file.")
        has_wide_channels = _has_wide_channels(image)
        image.load()
    except BROKEN as error:
        raise ReadError(_damage(error, kind, "its pixels can't be decoded")) from error
    return image, has_wide_channels


def decode_wide_channels(file: BinaryIO, kind: PictureFormat) -> npt.NDArray[np.uint16]:
    """Return a picture with 16-bit channels as (rows, columns, channels): grey or colours, alpha.

    Pillow keeps the upper byte of each channel. Told that the bytes are in the opposite order, it
    keeps the lower one. Of grey with alpha it can be had as four channels of 8 bits.

    Raises:
        ReadError: the pixels can't be decoded.
    """
    try:
        file.seek(0)
        raw_mode = _raw_mode(_PLUGINS[kind](file))
        if raw_mode.startswith("LA;"):
            halves = _decode_as(file, kind, "RGBA", mode="RGBA")
            upper, lower = halves[..., ::2], halves[..., 1::2]
        else:
            upper = _decode_as(file, kind, raw_mode)
            lower = _decode_as(file, kind, raw_mode[:-1] + _OPPOSITE[raw_mode[-1]])
    except (*BROKEN, AttributeError) as error:
        raise ReadError("its 16-bit channels can't be decoded; save it as 16-bit grey.") from error
    return np.asarray(upper.astype(np.uint16) << 8 | lower)


def _raw_mode(image: Any) -> str:
    """Return how the channels of an opened picture are stored, such as "RGB;16B"."""
    arguments = image.tile[0][3]
    return str(arguments if isinstance(arguments, str) else arguments[0])


def _decode_as(
    file: BinaryIO, kind: PictureFormat, raw_mode: str, *, mode: str = ""
) -> npt.NDArray[np.uint8]:
    """Return the bytes that Pillow keeps if channels are stored as `raw_mode`."""
    file.seek(0)
    image: Any = _PLUGINS[kind](file)
    image._mode = mode or image.mode
    image.tile = [_with_raw_mode(tile, raw_mode) for tile in image.tile]
    image.load()
    return np.asarray(image, dtype=np.uint8)


def _with_raw_mode(tile: Any, raw_mode: str) -> Any:
    """Return a tile (decoder, extents, offset, arguments) with another raw mode."""
    arguments = raw_mode if isinstance(tile[3], str) else (raw_mode, *tile[3][1:])
    changed = (*tile[:3], arguments)
    return tile._make(changed) if hasattr(tile, "_make") else changed  # Pillow before 11: tuples


def _has_wide_channels(image: Any) -> bool:
    """Return whether the raw data of an opened picture have several channels of 16 bits."""
    raw_modes = " ".join(str(tile[3]) for tile in image.tile)
    return ";16" in raw_modes and not image.mode.startswith("I")


def _has_second_picture(image: Any) -> bool:
    """Return whether a TIFF or WebP file holds more than one picture."""
    if image.format == "WEBP":
        return int(getattr(image, "n_frames", 1)) > 1
    try:
        image.seek(1)
    except EOFError:
        return False
    image.seek(0)
    return True


def _webp_size(head: bytes) -> tuple[int, int]:
    """Return rows and columns that a WebP file states (RFC 9649 sections 2.5 to 2.7).

    Raises:
        ValueError: the header is broken.
    """
    chunk, data = head[12:16], head[20:]
    if chunk == b"VP8X":
        return int.from_bytes(data[7:10], "little") + 1, int.from_bytes(data[4:7], "little") + 1
    if chunk == b"VP8L":
        bits = int.from_bytes(data[1:5], "little")
        return (bits >> 14 & 0x3FFF) + 1, (bits & 0x3FFF) + 1
    if chunk == b"VP8 ":
        columns, rows = struct.unpack("<HH", data[6:10])
        return rows & 0x3FFF, columns & 0x3FFF
    raise ValueError("no picture in it")


def _damage(error: BaseException, kind: str, otherwise: str) -> str:
    """Return a sentence on why decoding failed, which is mostly a truncated file."""
    causes = (error, error.__cause__, error.__context__)
    if "truncated" in str(error).lower() or any(isinstance(e, struct.error) for e in causes):
        return f"the {kind} file is cut short; copy or download it again."
    return f"{otherwise} ({_message_of(error)})."


def _message_of(error: BaseException) -> str:
    """Return the message of an exception, or its type if it has none."""
    return str(error).strip().rstrip(".") or type(error).__name__
