"""What a DICOM header promises of its pixels is checked before anything is decoded."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pydicom import dcmread
from pydicom.encaps import encapsulate
from pydicom.uid import (
    MPEG2MPML,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    RLELossless,
)

from hilum.errors import ReadError
from hilum.readers import count_frames, read_slice, transfer_syntaxes
from hilum.readers.dicom import header as dicom_header

WriteDicom = Callable[..., Path]

STORED = np.arange(64 * 64, dtype=np.uint16).reshape(64, 64)
RESCALE = {"RescaleSlope": 1, "RescaleIntercept": -1024}


def _compressed(write: WriteDicom, frame: bytes, syntax: str, pixels: np.ndarray) -> Path:
    return write(pixels, syntax=syntax, PixelData=encapsulate([frame]), **RESCALE)


def _jpeg(pixels: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=100)
    return buffer.getvalue()


def test_the_common_syntaxes_decode_here() -> None:
    found = transfer_syntaxes()
    assert found["Implicit VR Little Endian"]
    assert found["JPEG 2000 Image Compression (Lossless Only)"]
    assert found["RLE Lossless"]
    assert not any("MPEG" in name for name in found)


@pytest.mark.parametrize("syntax", [RLELossless, JPEG2000Lossless])
def test_compressed_pixels_have_exact_hounsfield_units(
    write_dicom: WriteDicom, syntax: str
) -> None:
    path = write_dicom(STORED, **RESCALE)
    dataset = dcmread(path)
    dataset.compress(syntax)
    dataset.save_as(path)
    image = read_slice(path)
    assert image.hu is not None
    assert np.array_equal(image.hu, STORED.astype(np.float32) - 1024)


def test_a_deflated_data_set_is_read(write_dicom: WriteDicom) -> None:
    image = read_slice(_deflated(write_dicom))
    assert image.hu is not None
    assert image.hu[0, 5] == -1019


def _deflated(write: WriteDicom) -> Path:
    return write(STORED, syntax="1.2.840.10008.1.2.1.99", **RESCALE)


def test_a_deflated_data_set_may_not_outgrow_the_limit(
    write_dicom: WriteDicom, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = _deflated(write_dicom)
    monkeypatch.setattr(dicom_header, "MAX_FILE_BYTES", 1000)
    with pytest.raises(ReadError, match="its deflated data unpack to more than 0 MiB"):
        read_slice(path)


def test_broken_deflated_data_are_refused(write_dicom: WriteDicom) -> None:
    path = _deflated(write_dicom)
    content = path.read_bytes()
    path.write_bytes(content[:-200])
    with pytest.raises(ReadError, match=r"its deflated data are cut short\."):
        read_slice(path)
    path.write_bytes(content[:-2000] + b"\xff" * 2000)
    with pytest.raises(ReadError, match=r"its deflated data are (broken or )?cut short\."):
        read_slice(path)


def test_a_truncated_file_is_named_with_its_bytes(write_dicom: WriteDicom) -> None:
    path = write_dicom(STORED, **RESCALE)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(ReadError, match=r"cut short or its header is wrong: 1 frame\(s\) of 64 x"):
        read_slice(path)


@pytest.mark.parametrize(
    ("lie", "sentence"),
    [
        ({"Rows": 60_000, "Columns": 60_000}, "at most 67,108,864 pixels"),
        ({"Rows": 8000, "Columns": 8000}, "need 128,000,000 bytes, and"),
        ({"NumberOfFrames": 2_000_000_000}, "2000000000 frame"),
        ({"Rows": 0}, "at least one pixel, and its header says 0 x 64"),
        ({"Rows": None}, "it is DICOM without pixels"),
        ({"Columns": None}, "its attribute Columns is missing"),
    ],
)
def test_a_header_that_lies_is_refused_before_decoding(
    write_dicom: WriteDicom, lie: dict[str, int | None], sentence: str
) -> None:
    path = write_dicom(STORED, **lie)
    for call in (read_slice, count_frames):
        with pytest.raises(ReadError, match=sentence):
            call(path)


def test_a_broken_frame_count_is_refused(write_dicom: WriteDicom) -> None:
    path = write_dicom(STORED, NumberOfFrames=11)
    raw = path.read_bytes()
    element = b"\x28\x00\x08\x00IS\x02\x00"
    assert element + b"11" in raw
    path.write_bytes(raw.replace(element + b"11", element + b"1A"))
    with pytest.raises(ReadError, match=r"its attribute NumberOfFrames is not a whole number"):
        read_slice(path)


def test_compressed_frames_that_can_not_be_there_are_refused(write_dicom: WriteDicom) -> None:
    grey = np.zeros((16, 16), np.uint8)
    path = write_dicom(
        grey,
        syntax=JPEGBaseline8Bit,
        PixelData=encapsulate([_jpeg(grey)]),
        NumberOfFrames=1_000_000,
    )
    with pytest.raises(ReadError, match="1000000 frame"):
        count_frames(path)


def test_a_jpeg_inside_that_claims_another_size_is_refused(write_dicom: WriteDicom) -> None:
    frame = bytearray(_jpeg(np.zeros((16, 16), np.uint8)))
    at = frame.index(b"\xff\xc0") + 5
    frame[at : at + 4] = struct.pack(">HH", 60_000, 60_000)
    path = _compressed(write_dicom, bytes(frame), JPEGBaseline8Bit, np.zeros((16, 16), np.uint8))
    with pytest.raises(ReadError, match=r"claim 60,000 x 60,000, its header says 16 x 16"):
        read_slice(path)


def test_a_jpeg_2000_inside_that_claims_another_size_is_refused(write_dicom: WriteDicom) -> None:
    frame = b"\xff\x4f\xff\x51" + struct.pack(">HHIIII", 41, 0, 60_000, 50_000, 0, 0) + bytes(40)
    path = _compressed(write_dicom, frame, JPEG2000Lossless, STORED)
    with pytest.raises(ReadError, match=r"claim 50,000 x 60,000, its header says 64 x 64"):
        read_slice(path)


@pytest.mark.parametrize("syntax", [RLELossless, JPEG2000Lossless, JPEGBaseline8Bit])
def test_damaged_compressed_pixels_are_refused(write_dicom: WriteDicom, syntax: str) -> None:
    path = _compressed(write_dicom, b"\x01\x02" * 50, syntax, np.zeros((64, 64), np.uint8))
    with pytest.raises(ReadError, match=r"are broken or can't be decoded here\."):
        read_slice(path)


def test_compressed_pixels_without_items_are_refused(write_dicom: WriteDicom) -> None:
    path = write_dicom(STORED, syntax=RLELossless, PixelData=encapsulate([bytes(64)]))
    raw = path.read_bytes()
    at = raw.index(b"\xe0\x7f\x10\x00") + 12
    path.write_bytes(raw[:at] + b"\x55" * 40)
    with pytest.raises(ReadError, match="its compressed pixels are cut short or broken"):
        read_slice(path)


def test_a_syntax_without_decoder_is_refused_by_name(write_dicom: WriteDicom) -> None:
    path = _compressed(write_dicom, bytes(100), MPEG2MPML, STORED)
    with pytest.raises(ReadError, match=r"its transfer syntax \(MPEG2 .*see hilum doctor"):
        read_slice(path)


def test_a_syntax_that_is_none_is_refused(write_dicom: WriteDicom) -> None:
    path = write_dicom(STORED)
    path.write_bytes(path.read_bytes().replace(b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.7.7.7\0"))
    with pytest.raises(ReadError, match="its transfer syntax is none that DICOM knows"):
        read_slice(path)
