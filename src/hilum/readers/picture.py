"""Reading PNG and JPEG files of any mode as grey levels."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import BinaryIO, Literal

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile

from hilum.errors import ReadError
from hilum.readers.limits import check_pixels
from hilum.readers.quiet import WITHOUT_WARNINGS
from hilum.readers.slice_image import SliceImage
from hilum.readers.stretch import HIGH_PERCENTILE, LOW_PERCENTILE, robust_range, stretch

__all__ = ["COLOUR_TOLERANCE", "read_colours", "read_picture"]

COLOUR_TOLERANCE = 3
"""Grey levels by which red, green and blue may differ in a grey picture because of JPEG."""

_TINTED_SHARE = 0.5
"""Annotations cover less of a slice than this; with more colour the picture is tinted."""

_ORIENTATION = 0x0112
_MODES_WITH_ALPHA = {"LA", "PA", "RGBA", "La", "RGBa"}
_BROKEN = (
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


def read_picture(path: Path, *, kind: Literal["PNG", "JPEG"]) -> SliceImage:
    """Read a PNG or JPEG file.

    8-bit grey is used as it is; colour becomes luma (ITU-R BT.601); transparent pictures are
    composited over black; the EXIF orientation is applied; 16-bit grey is stretched between robust
    percentiles of its values, which `value_range` records.

    Raises:
        ReadError: one sentence on what is wrong, without the path.
    """
    notes: list[str] = []
    with path.open("rb") as file, WITHOUT_WARNINGS:
        image = _upright(_decode(file, kind), notes)
        if image.mode.startswith("I"):
            grey, value_range = _from_16_bit(np.asarray(image), notes)
        else:
            grey, value_range = _from_bytes(image, notes), None
    if grey.min() == grey.max():
        notes.append("Every pixel has the same value: there is nothing to see.")
    return SliceImage(grey=grey, format=kind, value_range=value_range, notes=tuple(notes))


def read_colours(path: Path, *, kind: Literal["PNG", "JPEG"]) -> npt.NDArray[np.uint8] | None:
    """Return red, green and blue (rows, columns, 3) uint8 of a PNG or JPEG file.

    Orientation and transparency are handled as in `read_picture`, whose grey levels are the luma of
    these colours. None if no pixel has a colour, and for 16-bit pictures.

    Raises:
        ReadError: as in `read_picture`.
    """
    unused_notes: list[str] = []
    with path.open("rb") as file, WITHOUT_WARNINGS:
        image = _upright(_decode(file, kind), unused_notes)
        if image.mode.startswith("I"):
            return None
        if image.mode in _MODES_WITH_ALPHA or "transparency" in image.info:
            image = _over_black(image, unused_notes)
        if image.mode in ("1", "L"):
            return None
        channels = np.array(image.convert("RGB"))
    return channels if np.ptp(channels, axis=2).any() else None


def _decode(file: BinaryIO, kind: Literal["PNG", "JPEG"]) -> Image.Image:
    """Return the decoded picture; its size is checked before its pixels are decoded.

    The plug-in's class is called directly: `Image.open` warns about large pictures using a
    process-wide limit.
    """
    try:
        image = PngImageFile(file) if kind == "PNG" else JpegImageFile(file)
    except _BROKEN as error:
        raise ReadError(_damage(error, kind, f"its {kind} header is broken")) from error
    check_pixels(image.height, image.width)
    try:
        image.load()
    except _BROKEN as error:
        raise ReadError(_damage(error, kind, "its pixels can't be decoded")) from error
    return image


def _damage(error: BaseException, kind: str, otherwise: str) -> str:
    """Return a sentence on why decoding failed, which is mostly a truncated file."""
    causes = (error, error.__cause__, error.__context__)
    if "truncated" in str(error).lower() or any(isinstance(e, struct.error) for e in causes):
        return f"the {kind} file is cut short; copy or download it again."
    return f"{otherwise} ({_message_of(error)})."


def _message_of(error: BaseException) -> str:
    """Return the message of an exception, or its type if it has none."""
    return str(error).strip().rstrip(".") or type(error).__name__


def _upright(image: Image.Image, notes: list[str]) -> Image.Image:
    """Return the picture with its EXIF orientation applied."""
    try:
        if image.getexif().get(_ORIENTATION, 1) == 1:
            return image
        upright = ImageOps.exif_transpose(image)
    except _BROKEN:
        notes.append("The EXIF data are broken: no orientation was applied.")
        return image
    notes.append("Turned as the EXIF orientation says: rows and columns are not the file's own.")
    return upright


def _from_16_bit(
    values: npt.NDArray[np.generic], notes: list[str]
) -> tuple[npt.NDArray[np.uint8], tuple[float, float]]:
    """Return grey levels and value range of a 16-bit picture."""
    value_range = robust_range(values)
    notes.append(
        f"16-bit picture without a known window: shown from percentile {LOW_PERCENTILE} to "
        f"{HIGH_PERCENTILE} of its values."
    )
    return stretch(values, value_range), value_range


def _from_bytes(image: Image.Image, notes: list[str]) -> npt.NDArray[np.uint8]:
    """Return the grey levels of a picture with at most 8 bits per channel."""
    if image.mode in _MODES_WITH_ALPHA or "transparency" in image.info:
        image = _over_black(image, notes)
    if image.mode in ("1", "L"):
        return np.array(image.convert("L"))
    colour = image.convert("RGB")
    _note_colour(colour, notes)
    return np.array(colour.convert("L"))


def _over_black(image: Image.Image, notes: list[str]) -> Image.Image:
    """Return the picture composited over black, as RGB."""
    layer = image.convert("RGBA")
    if layer.getchannel("A").getextrema() == (255, 255):
        return layer.convert("RGB")
    notes.append("Transparent pixels were laid over black.")
    background = Image.new("RGBA", layer.size, (0, 0, 0, 255))
    background.alpha_composite(layer)
    return background.convert("RGB")


def _note_colour(colour: Image.Image, notes: list[str]) -> None:
    """Add a note if the channels of a picture differ by more than JPEG artefacts."""
    channels = np.asarray(colour)
    spread = channels.max(axis=2) - channels.min(axis=2)
    share = float((spread > COLOUR_TOLERANCE).mean())
    if share > _TINTED_SHARE:
        notes.append("Most pixels are coloured: a tinted picture? Only its brightness was kept.")
    elif share > 0:
        notes.append("Some pixels are coloured: coloured annotations?")
