"""Printed annotations: panel letters with or without a box, captions, scanner text, symbols."""

from __future__ import annotations

import string
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cv2
import matplotlib
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont
from strokes import Coverage, Sides

__all__ = ["Print", "draw_print", "find_fonts"]

FOLDERS = (Path("/usr/share/fonts/truetype"), Path(matplotlib.get_data_path()) / "fonts" / "ttf")
UNFIT = ("Math", "STIXNon", "STIXSiz", "cmex", "cmsy", "cmmi", "LastResort", "Display")
SYMBOLS = ("*", "**", "*", "+", "x", "#", "?", "†", "§", "★", "●", "→", "←", "↑", "↓", "▲", "►")
WORDS = (
    "CT", "day", "Day 3", "before", "after treatment", "R", "L", "A", "P", "RUL", "LLL", "cm",
    "10 cm", "5 mm", "WL -600", "WW 1600", "kV 120", "mA 150", "Se: 3", "Im: 45", "DFOV 35.0cm",
    "12-May-2014", "2009/11/03", "23ys/male", "case 2", "GGO", "CAVITY", "Tree in bud", "LUNG",
    "SPI", "HU", "Z: 1.5", "patient 4", "axial", "x1.0", "0.625mm/1.375:1", "prior to therapy",
    "with consolidation", "Figure 2b", "week 6", "FINAL",
)  # fmt: skip
PANELS = (
    "(a)", "(b)", "(c)", "(A)", "(B)", "1A", "2B", "3C", "a1", "B.", "M1", "10", "12", "LN", "PE",
    "V", "RV", "T", "N", "Ao",
)  # fmt: skip

DISCS = 0.35
"""How many of the plates of one or two letters are round."""


@dataclass(frozen=True)
class Print:
    """A printed mark.

    Attributes:
        ink: coverage of the letters.
        plate: coverage of what they stand on (a box, a disc); zero where nothing.
        disc: whether that is a disc, which no rule of the tool finds.
    """

    ink: Coverage
    plate: Coverage
    disc: bool


@lru_cache(maxsize=1)
def find_fonts() -> tuple[str, ...]:
    """Return the font files of this machine, sorted."""
    found = [path for folder in FOLDERS for path in sorted(folder.rglob("*.ttf"))]
    return tuple(str(path) for path in found if not any(part in path.name for part in UNFIT))


@lru_cache(maxsize=4000)
def _font(path: str, height: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(path, height)


def draw_print(sides: Sides, rng: np.random.Generator) -> Print:
    """Draw one printed mark somewhere on the patch, most often near a corner."""
    kind = rng.random()
    if kind < 0.55:
        return _panel_letter(sides, rng)
    if kind < 0.67:
        return _lettered(sides, [str(rng.choice(SYMBOLS))], rng, height=(8, 34), corner=0.0)
    if kind < 0.82:
        lines = [str(rng.choice(WORDS)) for _ in range(rng.integers(1, 6))]
        return _lettered(sides, lines, rng, height=(6, 13), corner=0.85)
    lines = [" ".join(rng.choice(WORDS, rng.integers(1, 4))) for _ in range(rng.integers(1, 4))]
    return _lettered(sides, lines, rng, height=(7, 18), corner=0.85, plate=0.5)


def _panel_letter(sides: Sides, rng: np.random.Generator) -> Print:
    """Draw a letter or two, as panels of a figure carry."""
    letter = str(rng.choice(list(string.ascii_letters[:34] + string.digits)))
    if rng.random() < 0.25:
        letter = str(rng.choice(PANELS))
    return _lettered(sides, [letter], rng, height=(8, 36), corner=0.7, plate=0.3)


def _lettered(
    sides: Sides,
    lines: Sequence[str],
    rng: np.random.Generator,
    *,
    height: tuple[int, int],
    corner: float,
    plate: float = 0.0,
) -> Print:
    """Draw lines of text, with a probability for a corner and for a plate under them."""
    tall = round(float(np.exp(rng.uniform(np.log(height[0]), np.log(height[1])))))
    fonts = find_fonts()
    font = _font(fonts[rng.integers(len(fonts))], tall)
    text = "\n".join(lines)
    left, top, right, bottom = ImageDraw.Draw(Image.new("L", (1, 1))).textbbox(
        (0, 0), text, font=font
    )
    wide, high = max(1, round(right - left)), max(1, round(bottom - top))
    pad = rng.uniform(0, 0.7) * tall
    x, y = _spot(sides, wide, high, rng, corner, pad)
    canvas = Image.new("L", sides[::-1])
    ImageDraw.Draw(canvas).text((x - left, y - top), text, fill=255, font=font)
    ink = np.asarray(canvas, np.float32) / 255
    under = np.zeros(sides, np.uint8)
    plated = rng.random() < plate
    disc = plated and len(text) <= 2 and rng.random() < DISCS
    if disc:
        _disc(under, (x, y, wide, high), rng)
    elif plated:
        _box(under, (x, y, wide, high), rng, tall=tall, pad=pad)
    return Print(ink, under.astype(np.float32) / 255, disc)


def _disc(
    under: npt.NDArray[np.uint8], text: tuple[float, float, int, int], rng: np.random.Generator
) -> None:
    """Draw a disc under a letter."""
    x, y, wide, high = text
    centre = (round(x + wide / 2), round(y + high / 2))
    radius = round(max(wide, high) * rng.uniform(0.65, 0.95))
    cv2.circle(under, centre, radius, 255, -1, cv2.LINE_AA)


def _box(
    under: npt.NDArray[np.uint8],
    text: tuple[float, float, int, int],
    rng: np.random.Generator,
    *,
    tall: int,
    pad: float,
) -> None:
    """Draw a box under letters, often much larger than they are."""
    x, y, wide, high = text
    more = rng.uniform(0, 2.0, 4) * tall * (rng.random() < 0.5) + pad
    first = (round(x - more[0]), round(y - more[1]))
    last = (round(x + wide + more[2]), round(y + high + more[3]))
    cv2.rectangle(under, first, last, 255, -1)


def _spot(
    sides: Sides, wide: int, high: int, rng: np.random.Generator, corner: float, pad: float
) -> tuple[float, float]:
    """Return the upper left corner of a text block."""
    if rng.random() >= corner:
        return float(rng.uniform(0, max(1, sides[1] - wide))), float(
            rng.uniform(0, max(1, sides[0] - high))
        )
    inset = rng.choice((pad, rng.uniform(0, 12), rng.uniform(-2, 4)), size=2)
    x = inset[0] if rng.random() < 0.5 else sides[1] - wide - inset[0]
    y = inset[1] if rng.random() < 0.5 else sides[0] - high - inset[1]
    return float(x), float(y)
