"""One training example: a patch with annotations drawn on it, and which pixels they changed."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
from backgrounds import Pool, draw_background
from lettering import draw_print
from shapes import SHAPES
from strokes import Coverage, Maker, Sides

__all__ = ["Example", "draw_example"]

VISIBLE = 12.0
"""Grey levels by which a pixel must have changed to be called annotated."""

RIM = 3
"""Pixels around a plate that its blurred edge may have changed."""

NONE_SHARE = 0.15
"""Patches without any annotation."""

MISSING_SHARE, MOST_MISSING = 0.35, 31
"""Patches whose picture ends before they do, to the right or below, and by how many pixels: the
network sees sides that are multiples of 32."""

UNEVEN_SHARE = 0.4
"""Annotations that are put on the more uneven one of two places."""

MOST_SHAPES = 9
"""Annotations of a patch, letters not counted."""

COLOURS = ((255, 0, 0), (255, 255, 0), (0, 0, 255), (0, 255, 0), (255, 165, 0), (0, 255, 255),
           (255, 0, 255), (200, 30, 30), (240, 220, 60), (60, 160, 60), (40, 90, 220))  # fmt: skip

Picture = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Example:
    """One patch.

    Attributes:
        picture: (rows, columns, 3) uint8, red green blue.
        marked: (rows, columns) bool, pixels that an annotation changed visibly.
        unsure: (rows, columns) bool, pixels that one covers without being seen, and flat plates
            and blots: not learnt from, since the tool finds these by rules, and a network that
            learns that large flat regions are annotations takes dark lungs and air for them.
    """

    picture: npt.NDArray[np.uint8]
    marked: npt.NDArray[np.bool_]
    unsure: npt.NDArray[np.bool_]


@dataclass(frozen=True)
class _Canvas:
    """A picture that is drawn on, in place, and where by marks and by plates, 0 to 1."""

    shown: Picture
    covered: Coverage
    plated: Coverage

    @property
    def sides(self) -> Sides:
        rows, columns = self.covered.shape
        return rows, columns

    def lay(self, coverage: Coverage, colour: Picture, *, plate: bool = False) -> None:
        """Lay a colour over the picture."""
        x, y, wide, high = cv2.boundingRect((coverage > 0).astype(np.uint8))
        box = np.s_[y : y + high, x : x + wide]
        part = coverage[box][..., None]
        self.shown[box] = self.shown[box] * (1 - part) + part * colour
        where = self.plated if plate else self.covered
        np.maximum(where[box], coverage[box], out=where[box])


def draw_example(pool: Pool, sides: Sides, rng: np.random.Generator) -> Example:
    """Draw a patch and what is on it."""
    grey = draw_background(pool, _taken(sides, rng), rng)
    clean = np.repeat(grey[..., None], 3, axis=2)
    if rng.random() < 0.06:
        clean = np.clip(clean * rng.uniform(0.85, 1.0, 3) + rng.uniform(-6, 14, 3), 0, 255)
    clean = clean.astype(np.float32)
    shown, covered, plated = clean.copy(), *np.zeros((2, *grey.shape), np.float32)
    if rng.random() >= NONE_SHARE:
        _annotate(_Canvas(shown, covered, plated), rng)
        clean, shown, covered = _reproduced(clean, shown, covered, rng)
    red, green, blue = np.moveaxis(np.abs(shown - clean), 2, 0)
    seen = np.maximum(np.maximum(red, green), blue) > VISIBLE
    inked = covered > 0.03
    flat = (cv2.dilate(plated, np.ones((2 * RIM + 1, 2 * RIM + 1))) > 0) & ~inked
    marked, unsure = seen & ~flat, flat | (inked & ~seen)
    missing = [(0, side - has) for side, has in zip(sides, grey.shape, strict=True)]
    parts = (_published(shown, rng), marked, unsure)
    return Example(*(np.pad(x, [*missing, (0, 0)][: x.ndim]) for x in parts))


def _taken(sides: Sides, rng: np.random.Generator) -> Sides:
    """Return which part of a patch the picture takes: it is black beyond, as the tool shows it."""
    missing = rng.integers(0, MOST_MISSING + 1, 2) * (rng.random(2) < MISSING_SHARE)
    return sides[0] - int(missing[0]), sides[1] - int(missing[1])


def _reproduced(
    clean: Picture, shown: Picture, covered: Coverage, rng: np.random.Generator
) -> tuple[Picture, Picture, Coverage]:
    """Print, scan and scale slice and annotations together: paper white is seldom 255."""
    pictures = [clean, shown]
    if rng.random() < 0.45:
        black, white = rng.uniform(0, 60), rng.uniform(140, 256)
        bend = np.float32(np.exp(rng.normal(0, 0.15)))
        pictures = [black + (white - black) * np.clip(x / 255, 0, 1) ** bend for x in pictures]
    kind = rng.random()
    if kind < 0.4:
        wide = float(rng.uniform(0.4, 1.4))
        *pictures, covered = (cv2.GaussianBlur(x, (0, 0), wide) for x in (*pictures, covered))
    elif kind < 0.5:
        much, wide = float(rng.uniform(0.3, 1.2)), float(rng.uniform(0.6, 1.2))
        pictures = [x + much * (x - cv2.GaussianBlur(x, (0, 0), wide)) for x in pictures]
    if rng.random() < 0.4:
        noise = rng.normal(0, 1, covered.shape).astype(np.float32)
        noise = cv2.GaussianBlur(noise, (0, 0), float(rng.uniform(0.3, 1.0)))
        grain = noise / max(float(noise.std()), 1e-3) * np.float32(rng.uniform(1, 11))
        pictures = [x + grain[..., None] for x in pictures]
    clean, shown = (np.asarray(x, dtype=np.float32) for x in pictures)
    return clean, shown, covered


def _annotate(canvas: _Canvas, rng: np.random.Generator) -> None:
    """Draw one to several annotations; those of one picture are mostly alike in form and colour."""
    makers, odds = zip(*SHAPES, strict=True)
    house, usual = makers[rng.choice(len(makers), p=odds)], int(rng.integers(2**32))
    colour, rimmed = _colour(rng), rng.random() < 0.2
    for _ in range(int(rng.integers(1, MOST_SHAPES + 1))):
        maker, style = house, np.random.default_rng(usual)
        if rng.random() < 0.4:
            maker, style = makers[rng.choice(len(makers), p=odds)], rng
        if rng.random() < 0.25:
            colour, rimmed = _colour(rng), rng.random() < 0.2
        _stamp(canvas, _put(canvas, maker, style, rng), colour, rng, rimmed=rimmed)
    for _ in range(int(rng.choice(4, p=(0.3, 0.4, 0.2, 0.1)))):
        _print(canvas, rng)
    if rng.random() < 0.015:
        _blot(canvas, rng)


def _put(
    canvas: _Canvas, maker: Maker, style: np.random.Generator, rng: np.random.Generator
) -> Coverage:
    """Draw a shape somewhere, often where the ground is uneven: articles point at what is there."""
    again = deepcopy(style)
    first = maker(canvas.sides, style, rng)
    if rng.random() >= UNEVEN_SHARE:
        return first
    second = maker(canvas.sides, again, rng)
    return max(first, second, key=lambda drawn: _roughness(canvas, drawn))


def _roughness(canvas: _Canvas, drawn: Coverage) -> float:
    """Return how much the grey level varies from pixel to pixel where a shape would lie."""
    x, y, wide, high = cv2.boundingRect((drawn > 0).astype(np.uint8))
    ground = canvas.shown[y : y + high, x : x + wide, 1]
    return float(np.abs(np.diff(ground, axis=1)).mean()) if min(wide, high) > 1 else 0.0


def _colour(rng: np.random.Generator) -> Picture:
    """Draw a colour: mostly white or black, sometimes grey, sometimes bright."""
    kind = rng.random()
    if kind < 0.36:
        level = 255 - abs(rng.normal(0, 35)) * (rng.random() < 0.5)
        return np.full(3, level, np.float32)
    if kind < 0.64:
        return np.full(3, abs(rng.normal(0, 30)) * (rng.random() < 0.45), np.float32)
    if kind < 0.88:
        return np.full(3, rng.uniform(50, 240), np.float32)
    bright = np.array(COLOURS[rng.integers(len(COLOURS))], np.float32)
    return np.clip(bright + rng.normal(0, 12, 3), 0, 255).astype(np.float32)


def _stamp(
    canvas: _Canvas,
    coverage: Coverage,
    colour: Picture,
    rng: np.random.Generator,
    *,
    rimmed: bool,
) -> None:
    """Lay a shape over the picture in a colour that is seen there, with a rim if asked."""
    inside = canvas.shown[coverage > 0.5]
    if len(inside):
        ground = float(inside.mean())
        if abs(float(colour.mean()) - ground) < 26 and np.ptp(colour) < 60:
            colour = np.full(3, 0 if ground > 128 else 255, np.float32)
    if rimmed:
        rim = cv2.GaussianBlur(cv2.dilate(coverage, np.ones((3, 3))), (0, 0), 0.5)
        if rng.random() < 0.4:
            rim = cv2.dilate(rim, np.ones((3, 3)))
        canvas.lay(rim, np.full(3, 0 if colour.mean() > 100 else 255, np.float32))
    if rng.random() < 0.5:
        coverage = cv2.GaussianBlur(coverage, (0, 0), float(rng.uniform(0.3, 0.9)))
    canvas.lay(coverage, colour)


def _print(canvas: _Canvas, rng: np.random.Generator) -> None:
    """Print letters over the picture, on a plate where they have one."""
    printed, colour = draw_print(canvas.sides, rng), _colour(rng)
    if printed.plate.any():
        level = float(rng.choice((255, 255, 255, 0, 0, rng.uniform(0, 255))))
        canvas.lay(printed.plate, np.full(3, level, np.float32), plate=not printed.disc)
    _stamp(canvas, printed.ink, colour, rng, rimmed=rng.random() < 0.12)


def _blot(canvas: _Canvas, rng: np.random.Generator) -> None:
    """Blot out a corner with a flat rectangle, as is done to names."""
    rows, columns = canvas.sides
    high, wide = rng.integers(6, rows // 3, 2)
    top, left = rng.choice((0, rows - high)), rng.choice((0, columns - wide))
    coverage = np.zeros(canvas.sides, np.float32)
    coverage[top : top + high, left : left + wide] = 1
    canvas.lay(coverage, np.full(3, rng.choice((0, 255)), np.float32), plate=True)


def _published(shown: Picture, rng: np.random.Generator) -> npt.NDArray[np.uint8]:
    """Compress as JPEG more often than not, and round."""
    picture = np.clip(np.rint(shown), 0, 255).astype(np.uint8)
    if rng.random() < 0.55:
        quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(45, 97))]
        return np.asarray(cv2.imdecode(cv2.imencode(".jpg", picture, quality)[1], cv2.IMREAD_COLOR))
    return picture
