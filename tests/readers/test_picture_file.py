"""Decoding picture files: damage refused by name, wide channels, one picture per file."""

from __future__ import annotations

import struct
import tracemalloc
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from picture_files import RAMP, TINTED, chunk, png_header, saved
from PIL import Image

from hilum.errors import ReadError
from hilum.readers import read_in_colour, read_slice


@pytest.mark.parametrize("suffix", ["png", "jpg"])
def test_a_truncated_picture_is_refused_by_name(tmp_path: Path, suffix: str) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (64, 64), np.uint8)
    path = saved(Image.fromarray(noise), tmp_path / f"cut.{suffix}")
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(ReadError, match=rf"cut\.{suffix}: the \w+ file is cut short; copy or"):
        read_slice(path)


def test_a_picture_that_ends_in_its_header_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "cut.png"
    path.write_bytes(png_header(4, 4)[:20])
    with pytest.raises(ReadError, match=r"cut\.png: the PNG file is cut short"):
        read_slice(path)


def test_damaged_pixels_are_refused(tmp_path: Path) -> None:
    path = saved(Image.fromarray(RAMP), tmp_path / "bad.png")
    raw = bytearray(path.read_bytes())
    at = raw.index(b"IDAT") + 8
    raw[at : at + 4] = b"\xff\xff\xff\xff"
    path.write_bytes(bytes(raw))
    with pytest.raises(ReadError, match=r"bad\.png: its pixels can't be decoded"):
        read_slice(path)


def test_a_png_that_ends_after_its_header_is_cut_short(tmp_path: Path) -> None:
    complete = tmp_path / "whole.png"
    Image.fromarray(np.zeros((8, 8), dtype=np.uint8)).save(complete)
    cut = tmp_path / "cut.png"
    cut.write_bytes(complete.read_bytes()[:33])
    with pytest.raises(ReadError, match="cut short; copy or download it again"):
        read_slice(cut)


def _png_16_bit(channels: np.ndarray) -> bytes:
    """Return a PNG of 16-bit channels, which Pillow can't write."""
    rows, columns, count = channels.shape
    colour_type = {2: 4, 3: 2, 4: 6}[count]
    ihdr = struct.pack(">IIBBBBB", columns, rows, 16, colour_type, 0, 0, 0)
    data = b"".join(b"\0" + row.astype(">u2").tobytes() for row in channels)
    idat = chunk(b"IDAT", zlib.compress(data))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", ihdr) + idat + chunk(b"IEND", b"")


@pytest.mark.parametrize("kind", ["colour", "colour and alpha", "grey and alpha"])
def test_12_bits_in_16_bit_channels_are_stretched_as_in_16_bit_grey(
    tmp_path: Path, kind: str
) -> None:
    values = np.arange(64 * 64, dtype=np.uint16).reshape(64, 64)
    opaque = np.full_like(values, 65535)
    channels = {
        "colour": [values] * 3,
        "colour and alpha": [values] * 3 + [opaque],
        "grey and alpha": [values, opaque],
    }[kind]
    (tmp_path / "a.png").write_bytes(_png_16_bit(np.dstack(channels)))
    image = read_slice(tmp_path / "a.png")
    grey = read_slice(saved(Image.fromarray(values), tmp_path / "b.png"))
    assert image.notes == grey.notes
    assert image.value_range == pytest.approx(grey.value_range)
    assert np.abs(image.grey.astype(int) - grey.grey).max() <= 1
    assert read_in_colour(tmp_path / "a.png") is None


def test_16_bit_transparency_is_laid_over_black(tmp_path: Path) -> None:
    values = np.arange(64 * 64, dtype=np.uint16).reshape(64, 64) + 1000
    alpha = np.full_like(values, 65535)
    alpha[:32] = 0
    (tmp_path / "a.png").write_bytes(_png_16_bit(np.dstack([values, alpha])))
    image = read_slice(tmp_path / "a.png")
    assert (image.grey[:32] == 0).all() and image.grey[-1, -1] == 255
    assert image.notes[0] == "Transparent pixels were composited over black."


def test_a_16_bit_colour_picture_that_is_cut_short_is_refused(tmp_path: Path) -> None:
    values = np.random.default_rng(0).integers(0, 4096, (64, 64, 3)).astype(np.uint16)
    (tmp_path / "a.png").write_bytes(_png_16_bit(values)[:9000])
    with pytest.raises(ReadError, match="the PNG file is cut short"):
        read_slice(tmp_path / "a.png")


@pytest.mark.parametrize("suffix", ["tif", "bmp", "webp"])
def test_other_picture_formats_are_read_like_png(tmp_path: Path, suffix: str) -> None:
    grey = np.arange(64 * 48, dtype=np.uint32).reshape(64, 48).astype(np.uint8)
    red = np.dstack([grey, grey // 2, grey // 2])
    options = {"lossless": True} if suffix == "webp" else {}
    for pixels, notes in ((grey, ()), (red, (TINTED,))):
        path = saved(Image.fromarray(pixels), tmp_path / f"a.{suffix}", **options)
        expected = read_slice(saved(Image.fromarray(pixels), tmp_path / "a.png"))
        image = read_slice(path)
        assert np.array_equal(image.grey, expected.grey)
        assert image.notes == notes
        assert image.format == {"tif": "TIFF", "bmp": "BMP", "webp": "WebP"}[suffix]


@pytest.mark.parametrize(
    ("dtype", "depth"),
    [(np.uint16, "16-bit"), (np.int32, "32-bit"), (np.float32, "Floating-point")],
)
def test_a_wide_tiff_is_stretched_like_a_16_bit_png(
    tmp_path: Path, dtype: type[np.generic], depth: str
) -> None:
    values = np.arange(64 * 64, dtype=np.uint16).reshape(64, 64)
    image = read_slice(saved(Image.fromarray(values.astype(dtype)), tmp_path / "a.tif"))
    expected = read_slice(saved(Image.fromarray(values), tmp_path / "a.png"))
    assert np.abs(image.grey.astype(int) - expected.grey).max() <= 1
    assert image.notes[0].startswith(f"{depth} picture without a known window")


@pytest.mark.parametrize("suffix", ["tif", "webp"])
def test_a_file_of_several_pictures_is_refused(tmp_path: Path, suffix: str) -> None:
    pages = [Image.fromarray(np.full((32, 32), level, np.uint8)) for level in (10, 200)]
    path = saved(pages[0], tmp_path / f"a.{suffix}", save_all=True, append_images=pages[1:])
    with pytest.raises(ReadError, match=r"file holds several pictures; save each as its own"):
        read_slice(path)


def test_huge_headers_of_other_formats_are_refused_without_allocation(tmp_path: Path) -> None:
    saved(Image.fromarray(RAMP), tmp_path / "a.bmp")
    bitmap = bytearray((tmp_path / "a.bmp").read_bytes())
    bitmap[18:26] = struct.pack("<ii", 60_000, 60_000)
    (tmp_path / "a.bmp").write_bytes(bytes(bitmap))
    canvas = (16_383).to_bytes(3, "little") * 2
    chunk = b"VP8X" + struct.pack("<I", 10) + b"\x02\0\0\0" + canvas
    webp = b"RIFF" + struct.pack("<I", 4 + len(chunk)) + b"WEBP" + chunk
    (tmp_path / "a.webp").write_bytes(webp)
    saved(Image.fromarray(RAMP), tmp_path / "a.tif")
    tiff = bytearray((tmp_path / "a.tif").read_bytes())
    for tag in (256, 257):  # width and length
        at = tiff.index(struct.pack("<HHI", tag, 4, 1)) + 8
        tiff[at : at + 4] = struct.pack("<I", 60_000)
    (tmp_path / "a.tif").write_bytes(bytes(tiff))
    for name in ("a.bmp", "a.webp", "a.tif"):
        tracemalloc.start()
        try:
            with pytest.raises(ReadError, match=r"at most 67,108,864 pixels"):
                read_slice(tmp_path / name)
            assert tracemalloc.get_traced_memory()[1] < 2**22
        finally:
            tracemalloc.stop()


@pytest.mark.parametrize("suffix", ["tif", "bmp", "webp"])
def test_truncated_files_of_other_formats_are_refused(tmp_path: Path, suffix: str) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (64, 64), np.uint8)
    path = saved(Image.fromarray(noise), tmp_path / f"cut.{suffix}")
    for length in (60, path.stat().st_size // 2):
        path.write_bytes(path.read_bytes()[:length])
        with pytest.raises(ReadError, match=rf"cut\.{suffix}: "):
            read_slice(path)


@pytest.mark.parametrize("compression", [None, "lzw"])
@pytest.mark.parametrize("order", ["<", ">"])
def test_a_tiff_of_16_bit_colour_is_stretched_as_16_bit_grey(
    tmp_path: Path, order: str, compression: str | None
) -> None:
    values = np.arange(64 * 64, dtype=np.uint16).reshape(64, 64)
    path = tmp_path / "a.tif"
    path.write_bytes(_tiff_of_16_bit_colour(values, order))
    expected = read_slice(saved(Image.fromarray(values), tmp_path / "b.png"))
    if compression:
        cv2.imwrite(str(path), np.repeat(values[..., None], 3, axis=2))  # LZW
    image = read_slice(path)
    assert image.notes == expected.notes
    assert np.abs(image.grey.astype(int) - expected.grey).max() <= 1


def _tiff_of_16_bit_colour(values: np.ndarray, order: str) -> bytes:
    """Return an uncompressed TIFF of 16-bit red, green and blue."""
    rows, columns = values.shape
    data = np.repeat(values[..., None], 3, axis=2).astype(f"{order}u2").tobytes()
    start = 8 + 2 + 9 * 12 + 4
    entries = [
        (256, 4, 1, columns), (257, 4, 1, rows), (258, 3, 3, start), (259, 3, 1, 1),
        (262, 3, 1, 2), (273, 4, 1, start + 6), (277, 3, 1, 3), (278, 4, 1, rows),
        (279, 4, 1, len(data)),
    ]  # fmt: skip
    head = (b"II" if order == "<" else b"MM") + struct.pack(f"{order}HI", 42, 8)
    directory = struct.pack(f"{order}H", len(entries))
    for tag, kind, count, value in entries:
        is_short = kind == 3 and count == 1
        directory += struct.pack(f"{order}HHI", tag, kind, count)
        directory += (
            struct.pack(f"{order}HH", value, 0) if is_short else struct.pack(f"{order}I", value)
        )
    return head + directory + bytes(4) + struct.pack(f"{order}HHH", 16, 16, 16) + data
