"""PNG and JPEG files of every mode."""

from __future__ import annotations

import io
import struct
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from picture_files import RAMP, TINTED, png_header, saved
from PIL import Image, ImageOps

from hilum.errors import ReadError, UsageError
from hilum.readers import read_in_colour, read_slice
from hilum.readers.picture_checks import CONSTANT, CUT_SHORT, ELONGATED, TINY

COLOURED = "Some pixels are coloured, which suggests annotations."


def test_an_8_bit_grey_png_passes_through(tmp_path: Path) -> None:
    image = read_slice(saved(Image.fromarray(RAMP), tmp_path / "a.png"))
    assert image.grey.tolist() == RAMP.tolist()
    assert (image.format, image.hu, image.window, image.value_range) == ("PNG", None, None, None)
    assert (image.modality, image.spacing, image.frame, image.notes) == ("", None, 0, (TINY,))


def test_a_grey_jpeg_passes_through(tmp_path: Path) -> None:
    flat = np.full((8, 8), 77, np.uint8)
    flat[:, 4:] = 99
    image = read_slice(saved(Image.fromarray(flat), tmp_path / "a.jpg", quality=100))
    assert image.format == "JPEG"
    assert np.abs(image.grey.astype(int) - flat).max() <= 1


def test_black_and_white_becomes_0_and_255(tmp_path: Path) -> None:
    bits = np.array([[True, False], [False, True]])
    image = read_slice(saved(Image.fromarray(bits), tmp_path / "a.png"))
    assert image.grey.tolist() == [[255, 0], [0, 255]]


def test_a_grey_picture_in_colour_channels_has_no_note(tmp_path: Path) -> None:
    rgb = np.repeat(RAMP[..., None], 3, axis=2)
    rgb[0, 0] = (10, 12, 13)  # what JPEG does to grey
    image = read_slice(saved(Image.fromarray(rgb), tmp_path / "a.png"))
    assert image.grey[1:].tolist() == RAMP[1:].tolist()
    assert image.notes == (TINY,)


def test_colour_becomes_luma_with_a_note(tmp_path: Path) -> None:
    rgb = np.repeat(RAMP[..., None], 3, axis=2)
    rgb[0, :3] = [(255, 0, 0), (0, 255, 0), (0, 0, 255)]
    image = read_slice(saved(Image.fromarray(rgb), tmp_path / "a.png"))
    assert image.grey[0, :3].tolist() == [76, 150, 29]  # 0.299, 0.587, 0.114 of 255
    assert image.notes == (COLOURED, TINY)


def test_a_tint_is_told_from_annotations(tmp_path: Path) -> None:
    rgb = np.stack([RAMP, RAMP // 2, RAMP // 2], axis=2)
    assert read_slice(saved(Image.fromarray(rgb), tmp_path / "a.png")).notes == (TINTED, TINY)


def test_transparency_is_laid_over_black(tmp_path: Path) -> None:
    rgba = np.array([[[200, 200, 200, 255], [200, 200, 200, 0], [200, 200, 200, 51]]], np.uint8)
    image = read_slice(saved(Image.fromarray(rgba), tmp_path / "a.png"))
    assert image.grey.tolist() == [[200, 0, 40]]
    assert image.notes == ("Transparent pixels were composited over black.", TINY)


def test_grey_with_opaque_alpha_is_plain_grey(tmp_path: Path) -> None:
    la = Image.merge("LA", [Image.fromarray(RAMP), Image.new("L", (8, 8), 255)])
    image = read_slice(saved(la, tmp_path / "a.png"))
    assert image.grey.tolist() == RAMP.tolist()
    assert image.notes == (TINY,)


def test_a_palette_gives_the_levels_of_its_colours(tmp_path: Path) -> None:
    palette = Image.fromarray(np.array([[0, 1], [2, 1]], np.uint8), "L").convert("P")
    palette.putpalette([9, 9, 9, 100, 100, 100, 250, 250, 250])
    image = read_slice(saved(palette, tmp_path / "a.png"))
    assert image.grey.tolist() == [[9, 100], [250, 100]]


def test_a_transparent_palette_entry_is_black(tmp_path: Path) -> None:
    palette = Image.fromarray(np.array([[0, 1]], np.uint8), "L").convert("P")
    palette.putpalette([90, 90, 90, 100, 100, 100])
    image = read_slice(saved(palette, tmp_path / "a.png", transparency=0))
    assert image.grey.tolist() == [[0, 100]]


def test_a_cmyk_jpeg_is_read(tmp_path: Path) -> None:
    cmyk = Image.merge("CMYK", [Image.new("L", (8, 8), v) for v in (0, 0, 0, 155)])
    cmyk.paste((0, 0, 0, 0), (0, 0, 4, 8))
    image = read_slice(saved(cmyk, tmp_path / "a.jpg", quality=100))
    assert image.grey[0, 0] >= 250
    assert abs(int(image.grey[0, 7]) - 100) <= 3


def test_16_bit_grey_is_stretched_between_its_own_percentiles(tmp_path: Path) -> None:
    values = np.arange(10_000, dtype=np.uint16).reshape(100, 100) + 1000
    image = read_slice(saved(Image.fromarray(values), tmp_path / "a.png"))
    low, high = image.value_range or (0, 0)
    assert (low, high) == pytest.approx((1049.995, 10949.005))
    assert image.grey[0, 0] == 0
    assert image.grey[50, 0] == round((6000 - low) * 255 / (high - low))
    assert image.grey[-1, -1] == 255
    assert image.notes == (
        "16-bit picture without a known window: shown from percentile 0.5 to 99.5 of its values.",
    )


def test_a_constant_picture_is_read_with_a_note(tmp_path: Path) -> None:
    plain = read_slice(saved(Image.new("L", (4, 4), 9), tmp_path / "a.png"))
    wide = read_slice(saved(Image.fromarray(np.full((4, 4), 900, np.uint16)), tmp_path / "b.png"))
    assert plain.grey[0, 0] == 9
    assert wide.grey[0, 0] == 0
    assert wide.value_range == (900.0, 900.0)
    assert CONSTANT in plain.notes
    assert CONSTANT in wide.notes


def test_the_exif_orientation_is_applied_with_a_note(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by 90 degrees clockwise to see it upright
    pixels = np.array([[10, 20, 30], [40, 50, 60]], np.uint8)
    image = read_slice(saved(Image.fromarray(pixels), tmp_path / "a.png", exif=exif))
    assert image.grey.tolist() == [[40, 10], [50, 20], [60, 30]]
    assert "Turned as the EXIF orientation says" in image.notes[0]


def test_broken_exif_is_noted_and_the_picture_read(tmp_path: Path) -> None:
    path = saved(Image.fromarray(RAMP), tmp_path / "a.png", exif=b"Exif\0\0XX broken")
    image = read_slice(path)
    assert image.grey.tolist() == RAMP.tolist()
    assert image.notes == ("The EXIF data are broken: no orientation was applied.", TINY)


def test_a_huge_header_is_refused_without_allocation(tmp_path: Path) -> None:
    path = tmp_path / "huge.png"
    path.write_bytes(png_header(60_000, 60_000))
    tracemalloc.start()
    try:
        with pytest.raises(ReadError, match=r"at most 67,108,864 pixels .* 60,000 x 60,000"):
            read_slice(path)
        assert tracemalloc.get_traced_memory()[1] < 2**22
    finally:
        tracemalloc.stop()


def test_a_huge_jpeg_header_is_refused(tmp_path: Path) -> None:
    path = saved(Image.fromarray(RAMP), tmp_path / "huge.jpg")
    raw = bytearray(path.read_bytes())
    at = raw.index(b"\xff\xc0") + 5
    raw[at : at + 4] = struct.pack(">HH", 60_000, 60_000)
    path.write_bytes(bytes(raw))
    with pytest.raises(ReadError, match=r"huge\.jpg: .* 60,000 x 60,000"):
        read_slice(path)


def test_the_pixel_limit_does_not_hang_on_pillow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10)
    assert read_slice(saved(Image.fromarray(RAMP), tmp_path / "a.png")).shape == (8, 8)
    assert Image.MAX_IMAGE_PIXELS == 10


def test_colours_are_returned_where_there_are_any(tmp_path: Path) -> None:
    grey = np.arange(60, dtype=np.uint8).reshape(6, 10)
    red = np.repeat(grey[..., None], 3, axis=2)
    red[2, 3] = (255, 0, 0)
    layer = np.dstack([red, np.full(grey.shape, 255, np.uint8)])
    layer[0, 0, 3] = 0
    for name, pixels in (("l", grey), ("same", np.repeat(grey[..., None], 3, axis=2)),
                         ("red", red), ("layer", layer)):  # fmt: skip
        Image.fromarray(pixels).save(tmp_path / f"{name}.png")
    assert read_in_colour(tmp_path / "l.png") is None
    assert read_in_colour(tmp_path / "same.png") is None
    colours = read_in_colour(tmp_path / "red.png")
    assert colours is not None and (colours == red).all()
    over_black = read_in_colour(tmp_path / "layer.png")
    assert over_black is not None and over_black[0, 0].tolist() == [0, 0, 0]
    assert (over_black[1:] == red[1:]).all()


def test_wide_grey_has_no_colour_and_a_gone_file_is_named(tmp_path: Path) -> None:
    Image.fromarray(np.arange(60, dtype=np.uint16).reshape(6, 10)).save(tmp_path / "wide.png")
    assert read_in_colour(tmp_path / "wide.png") is None
    with pytest.raises(UsageError, match=r"gone\.png: there is no such file"):
        read_in_colour(tmp_path / "gone.png")


def _cut(grey: np.ndarray, share: float, **options: Any) -> bytes:
    """Return a JPEG whose data end early, closed as if it were complete."""
    buffer = io.BytesIO()
    Image.fromarray(grey).save(buffer, "JPEG", quality=90, **options)
    data = buffer.getvalue()
    return data[: round(share * len(data))] + b"\xff\xd9"


@pytest.mark.parametrize("colour", [False, True])
def test_a_jpeg_that_ends_in_the_middle_is_noted(tmp_path: Path, colour: bool) -> None:
    noise = np.random.default_rng(0).normal(120, 30, (128, 96)).clip(0, 255).astype(np.uint8)
    pixels = np.repeat(noise[..., None], 3, axis=2) if colour else noise
    for share, notes in ((0.5, (CUT_SHORT,)), (0.8, (CUT_SHORT,)), (1.0, ())):
        (tmp_path / "a.jpg").write_bytes(_cut(pixels, share))
        assert read_slice(tmp_path / "a.jpg").notes == notes


def test_a_mid_grey_margin_of_a_png_is_not_taken_for_missing_rows(tmp_path: Path) -> None:
    grey = np.full((64, 64), 128, np.uint8)
    grey[:30, :] = np.arange(64)
    assert read_slice(saved(Image.fromarray(grey), tmp_path / "a.png")).notes == ()


@pytest.mark.parametrize(
    ("shape", "notes"),
    [
        ((16, 64), ()),
        ((16, 65), (ELONGATED,)),
        ((15, 60), (TINY,)),
        ((1, 2), (TINY,)),
        ((10, 300), (TINY, ELONGATED)),
    ],
)
def test_tiny_and_elongated_pictures_are_noted(
    tmp_path: Path, shape: tuple[int, int], notes: tuple[str, ...]
) -> None:
    grey = np.arange(np.prod(shape), dtype=np.uint64).reshape(shape).astype(np.uint8)
    assert read_slice(saved(Image.fromarray(grey), tmp_path / "a.png")).notes == notes


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_exif_orientation_is_applied_as_pillow_does(tmp_path: Path, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    pixels = np.arange(24 * 32, dtype=np.uint16).reshape(24, 32).astype(np.uint8)
    red = np.dstack([pixels, pixels // 2, pixels // 2])
    path = saved(Image.fromarray(pixels), tmp_path / "a.png", exif=exif)
    expected = np.asarray(ImageOps.exif_transpose(Image.open(path)))
    image = read_slice(path)
    assert np.array_equal(image.grey, expected)
    assert bool(image.turn) == (orientation > 1)
    assert np.array_equal(image.turn.of(pixels), expected)
    colours = read_in_colour(saved(Image.fromarray(red), tmp_path / "b.png", exif=exif))
    assert colours is not None and np.array_equal(colours, image.turn.of(red))
