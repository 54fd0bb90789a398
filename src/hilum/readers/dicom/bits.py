"""Stored values of decoded pixels: unused bits removed, high bits shifted down, sign restored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["Codestream", "StoredBits", "stored_values"]

Pixels = npt.NDArray[Any]

UNUSED_BITS = "Bits above Bits Stored, usually an overlay, were removed from its values."
SHIFTED = "Its values are stored in the upper bits (High Bit) and were shifted down."
SIGNED = "Its JPEG 2000 data are signed, its header says unsigned: the values were read as signed."

_MOST_OFFSET = -500.0
"""Rescale intercepts above this leave air negative as stored, so that signed data are right."""


@dataclass(frozen=True)
class Codestream:
    """What a compressed frame states about its own samples.

    Attributes:
        precision: bits per sample; 0 if unknown.
        is_signed: whether JPEG 2000 samples are signed.
    """

    precision: int = 0
    is_signed: bool = False


@dataclass(frozen=True)
class StoredBits:
    """The bits of a pixel that hold its value, as the header states (PS3.5 section 8.1.1).

    Attributes:
        stored: Bits Stored.
        high: High Bit, the 0-based position of the most significant one.
        is_signed: Pixel Representation.
        intercept: Rescale Intercept, 0 if missing.
    """

    stored: int
    high: int
    is_signed: bool
    intercept: float


def stored_values(
    pixels: Pixels, bits: StoredBits, codestream: Codestream | None, notes: list[str]
) -> Pixels:
    """Return the values that the header describes.

    Decoders return the words of a frame as they are. Old files keep overlays in the bits above
    Bits Stored (PS3.5 section 8.1.2), some keep the value itself in the upper bits, and some
    JPEG 2000 frames are signed although the header says unsigned.

    Args:
        pixels: (rows, columns) of an integer type, as decoded.
        bits: from the header.
        codestream: of a compressed frame; None for native pixels and RLE.
        notes: receives a sentence for each change.
    """
    container = 8 * pixels.dtype.itemsize
    if codestream and codestream.is_signed and not bits.is_signed and pixels.dtype.kind == "u":
        pixels = _as_signed(pixels, codestream.precision or container, bits, notes)
    words = codestream is None or codestream.precision > bits.stored
    if not words or not 1 <= bits.stored < container:
        return pixels
    shift = _shift(pixels, bits, container)
    if shift:
        notes.append(SHIFTED)
        pixels = pixels >> shift
    values = _extended(pixels, bits.stored)
    if not np.array_equal(values, pixels):
        notes.append(UNUSED_BITS)
    return values


def _shift(pixels: Pixels, bits: StoredBits, container: int) -> int:
    """Return the number of bits below the value.

    A High Bit that contradicts the pixels is ignored: if the upper bits are empty and the lower
    ones are not, the value is stored in the lower bits.
    """
    shift = bits.high + 1 - bits.stored
    if not 0 < shift <= container - bits.stored:
        return 0
    words = pixels.view(f"u{pixels.dtype.itemsize}")
    in_lower_bits = not (words >> bits.stored).any() and bool((words & (2**shift - 1)).any())
    return 0 if in_lower_bits else shift


def _extended(pixels: Pixels, stored: int) -> Pixels:
    """Return the lowest `stored` bits of each pixel, sign-extended if the type is signed."""
    unused = 8 * pixels.dtype.itemsize - stored
    return np.asarray((pixels << unused) >> unused, dtype=pixels.dtype)


def _as_signed(pixels: Pixels, precision: int, bits: StoredBits, notes: list[str]) -> Pixels:
    """Return unsigned pixels of a signed codestream as signed values, unless the header fits.

    An intercept such as -1024 says that stored values are never negative. With fewer bits than the
    container, the unsigned reading is then right; with all bits, it would be far out of range.
    """
    container = 8 * pixels.dtype.itemsize
    if precision < container and bits.intercept <= _MOST_OFFSET:
        return pixels
    signed = _extended(pixels.view(f"i{pixels.dtype.itemsize}"), min(precision, container))
    if (signed < 0).any():
        notes.append(SIGNED)
        return signed
    return pixels
