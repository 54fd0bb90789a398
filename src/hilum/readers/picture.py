"""Reading picture files of any mode as grey levels: PNG, JPEG, TIFF, BMP and WebP."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from hilum.readers.picture_checks import CUT_SHORT, missing_rows, picture_notes
from hilum.readers.picture_file import (
    BROKEN,
    PictureFormat,
    decode_picture,
    decode_wide_channels,
)
from hilum.readers.quiet import WITHOUT_WARNINGS
from hilum.readers.slice_image import SliceImage
from hilum.readers.stretch import HIGH_PERCENTILE, LOW_PERCENTILE, robust_range, stretch
from hilum.readers.turn import Turn

__all__ = ["COLOUR_TOLERANCE", "read_colours", "read_picture"]

TURNED = "Turned as the EXIF orientation says: rows and columns are not the file's own."
TRANSPARENT = "Transparent pixels were composited over black."

COLOUR_TOLERANCE = 3
"""Grey levels by which red, green and blue may differ in a grey picture because of JPEG."""

_TINTED_SHARE = 0.5
"""Annotations cover less of a slice than this; with more colour the picture is tinted."""

_ORIENTATION = 0x0112
_TURNS = {
    2: Turn(flip_columns=True),
    3: Turn(flip_rows=True, flip_columns=True),
    4: Turn(flip_rows=True),
    5: Turn(transpose=True),
    6: Turn(transpose=True, flip_columns=True),
    7: Turn(transpose=True, flip_rows=True, flip_columns=True),
    8: Turn(transpose=True, flip_rows=True),
}
"""The turn that each value of the EXIF tag Orientation asks for."""

_MODES_WITH_ALPHA = {"LA", "PA", "RGBA", "La", "RGBa"}
_WIDE_MODES = ("I", "F")
"""Beginnings of Pillow's modes for grey of 16 or 32 bits and floating-point grey."""
_OPAQUE = 65535
_LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)
"""Weights of red, green and blue (ITU-R BT.601)."""


def read_picture(path: Path, *, kind: PictureFormat) -> SliceImage:
    """Read a PNG, JPEG, TIFF, BMP or WebP file.

    8-bit grey is used as it is; colour becomes luma (ITU-R BT.601); transparent pictures are
    composited over black; the EXIF orientation is applied; values of more than 8 bits are stretched
    between robust percentiles of them, which `value_range` records.

    Raises:
        ReadError: one sentence on what is wrong, without the path.
    """
    notes: list[str] = []
    with path.open("rb") as file, WITHOUT_WARNINGS:
        image, has_wide_channels = decode_picture(file, kind)
        turn = _turn(image, notes)
        if has_wide_channels:
            values = _wide_luma(decode_wide_channels(file, kind), notes)
            grey, value_range = _from_wide(values, image.mode, notes)
        elif image.mode.startswith(_WIDE_MODES):
            grey, value_range = _from_wide(np.asarray(image), image.mode, notes)
        else:
            grey, value_range = _from_bytes(image, notes), None
    if kind == "JPEG" and missing_rows(grey):
        notes.append(CUT_SHORT)
    notes += picture_notes(grey)
    upright = np.ascontiguousarray(turn.of(grey))
    return SliceImage(
        grey=upright, format=kind, value_range=value_range, notes=tuple(notes), turn=turn
    )


def read_colours(path: Path, *, kind: PictureFormat) -> npt.NDArray[np.uint8] | None:
    """Return red, green and blue (rows, columns, 3) uint8 of a picture file.

    Orientation and transparency are handled as in `read_picture`, whose grey levels are the luma of
    these colours. None if no pixel has a colour, and for pictures of more than 8 bits.

    Raises:
        ReadError: as in `read_picture`.
    """
    unused_notes: list[str] = []
    with path.open("rb") as file, WITHOUT_WARNINGS:
        image, has_wide_channels = decode_picture(file, kind)
        if has_wide_channels or image.mode.startswith(_WIDE_MODES):
            return None
        turn = _turn(image, unused_notes)
        if image.mode in _MODES_WITH_ALPHA or "transparency" in image.info:
            image = _over_black(image, unused_notes)
        if image.mode in ("1", "L"):
            return None
        channels = np.array(image.convert("RGB"))
    colours = np.ascontiguousarray(turn.of(channels), dtype=np.uint8)
    return colours if np.ptp(channels, axis=2).any() else None


def _turn(image: Image.Image, notes: list[str]) -> Turn:
    """Return the turn that the EXIF orientation of a picture asks for."""
    try:
        orientation = image.getexif().get(_ORIENTATION, 1)
    except BROKEN:
        notes.append("The EXIF data are broken: no orientation was applied.")
        return Turn()
    turn = _TURNS.get(orientation, Turn())
    if turn:
        notes.append(TURNED)
    return turn


def _wide_luma(channels: npt.NDArray[np.uint16], notes: list[str]) -> npt.NDArray[np.float32]:
    """Return the luma of 16-bit channels (rows, columns, 2 to 4), composited over black."""
    has_colours = channels.shape[2] > 2
    luma = channels[..., :3] @ _LUMA if has_colours else channels[..., 0].astype(np.float32)
    alpha = None if channels.shape[2] == 3 else channels[..., -1]
    if alpha is not None and (alpha < _OPAQUE).any():
        notes.append(TRANSPARENT)
        luma *= alpha / np.float32(_OPAQUE)
    return np.asarray(luma, dtype=np.float32)


def _from_wide(
    values: npt.NDArray[np.generic], mode: str, notes: list[str]
) -> tuple[npt.NDArray[np.uint8], tuple[float, float]]:
    """Return grey levels and value range of a picture of more than 8 bits."""
    value_range = robust_range(values)
    depth = "Floating-point" if mode == "F" else "32-bit" if mode == "I" else "16-bit"
    notes.append(
        f"{depth} picture without a known window: shown from percentile {LOW_PERCENTILE} to "
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
    notes.append(TRANSPARENT)
    background = Image.new("RGBA", layer.size, (0, 0, 0, 255))
    background.alpha_composite(layer)
    return background.convert("RGB")


def _note_colour(colour: Image.Image, notes: list[str]) -> None:
    """Add a note if the channels of a picture differ by more than JPEG artefacts."""
    channels = np.asarray(colour)
    spread = channels.max(axis=2) - channels.min(axis=2)
    share = float((spread > COLOUR_TOLERANCE).mean())
    if share > _TINTED_SHARE:
        notes.append(
            "Most pixels are coloured, which suggests a tint; only their brightness was kept."
        )
    elif share > 0:
        notes.append("Some pixels are coloured, which suggests annotations.")
