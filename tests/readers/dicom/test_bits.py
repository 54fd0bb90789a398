"""Overlay bits are removed, values in the upper bits shifted down, signs of codestreams kept."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image
from pydicom.encaps import encapsulate
from pydicom.uid import JPEG2000Lossless, RLELossless

from hilum.readers import read_slice
from hilum.readers.dicom.bits import (
    SHIFTED,
    SIGNED,
    UNUSED_BITS,
    Codestream,
    StoredBits,
    stored_values,
)

WriteDicom = Callable[..., Path]

STORED = (np.arange(80 * 64, dtype=np.uint16) % 1500).reshape(80, 64)
RESCALE = {"RescaleSlope": 1, "RescaleIntercept": -1024}
TWELVE_BITS = {"BitsStored": 12, "HighBit": 11}


def overlay() -> npt.NDArray[np.uint16]:
    """Return a drawing in bit 12."""
    bits = np.zeros(STORED.shape, dtype=np.uint16)
    bits[10:20, 10:40] = 1 << 12
    return bits


def compressed(path: Path, syntax: str) -> Path:
    """Compress the words of a file as they are, overlay bits included."""
    from pydicom import dcmread

    dataset = dcmread(path)
    stored, high = dataset.BitsStored, dataset.HighBit
    dataset.BitsStored, dataset.HighBit = 16, 15
    dataset.compress(syntax)
    dataset.BitsStored, dataset.HighBit = stored, high
    dataset.save_as(path)
    return path


@pytest.mark.parametrize("syntax", [None, RLELossless, JPEG2000Lossless])
def test_an_overlay_above_the_stored_bits_is_removed(
    write_dicom: WriteDicom, syntax: str | None
) -> None:
    path = write_dicom(STORED | overlay(), **RESCALE, **TWELVE_BITS)
    image = read_slice(compressed(path, syntax) if syntax else path)
    assert image.hu is not None
    assert np.array_equal(image.hu, STORED.astype(np.float32) - 1024)
    assert image.notes == (UNUSED_BITS,)


@pytest.mark.parametrize("syntax", [None, RLELossless, JPEG2000Lossless])
def test_values_in_the_upper_bits_are_shifted_down(
    write_dicom: WriteDicom, syntax: str | None
) -> None:
    path = write_dicom(STORED << 4, **RESCALE, BitsStored=12, HighBit=15)
    image = read_slice(compressed(path, syntax) if syntax else path)
    assert image.hu is not None
    assert np.array_equal(image.hu, STORED.astype(np.float32) - 1024)
    assert image.notes == (SHIFTED,)


def test_signed_values_in_the_upper_bits_keep_their_sign(write_dicom: WriteDicom) -> None:
    hu = STORED.astype(np.int16) - 1024
    path = write_dicom(hu << 4, RescaleSlope=1, RescaleIntercept=0, BitsStored=12, HighBit=15)
    image = read_slice(path)
    assert image.hu is not None and np.array_equal(image.hu, hu)


def test_a_high_bit_that_contradicts_the_pixels_is_ignored(write_dicom: WriteDicom) -> None:
    image = read_slice(write_dicom(STORED, **RESCALE, BitsStored=12, HighBit=15))
    assert image.hu is not None
    assert np.array_equal(image.hu, STORED.astype(np.float32) - 1024)
    assert image.notes == ()


def test_signed_values_of_fewer_bits_are_extended(write_dicom: WriteDicom) -> None:
    hu = STORED.astype(np.int16) - 1024
    image = read_slice(
        write_dicom(hu & np.int16(0x0FFF), RescaleSlope=1, RescaleIntercept=0, **TWELVE_BITS)
    )
    assert image.hu is not None and np.array_equal(image.hu, hu)


def signed_jpeg_2000(values: npt.NDArray[np.int16]) -> bytes:
    """Return a lossless signed codestream: the unsigned one of values + 2^15, relabelled.

    JPEG 2000 shifts unsigned samples by half their range before coding, signed ones not at all
    (ISO 15444-1 annex G.1), so both have the same bytes but for the sign bit of Ssiz.
    """
    buffer = io.BytesIO()
    shifted = (values.astype(np.int32) + 2**15).astype(np.uint16)
    Image.fromarray(shifted).save(buffer, "JPEG2000", irreversible=False, no_jp2=True)
    data = bytearray(buffer.getvalue())
    assert data[42] == 15  # 16 bits, unsigned
    data[42] |= 0x80
    return bytes(data)


def test_a_signed_codestream_under_an_unsigned_header_is_read_as_signed(
    write_dicom: WriteDicom,
) -> None:
    hu = STORED.astype(np.int16) - 1024
    path = write_dicom(
        hu.view(np.uint16), syntax=JPEG2000Lossless, RescaleSlope=1, RescaleIntercept=0,
        PixelData=encapsulate([signed_jpeg_2000(hu)]),
    )  # fmt: skip
    image = read_slice(path)
    assert image.hu is not None and np.array_equal(image.hu, hu)
    assert image.notes == (SIGNED,)


def test_of_a_signed_codestream_with_few_bits_the_intercept_decides() -> None:
    negative = np.array([[-1000, 40]], dtype=np.int16)
    as_decoded = negative.view(np.uint16) & 0x1FFF  # 13 bits, read as unsigned
    codestream = Codestream(precision=13, is_signed=True)
    for intercept, expected, notes in ((0.0, [[-1000, 40]], [SIGNED]), (-1024.0, [[7192, 40]], [])):
        written: list[str] = []
        bits = StoredBits(stored=13, high=12, is_signed=False, intercept=intercept)
        assert stored_values(as_decoded, bits, codestream, written).tolist() == expected
        assert written == notes
