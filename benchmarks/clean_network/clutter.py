"""What is bright or dark in slices and is no annotation: bone, vessels, air, metal, couch."""

from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np
import numpy.typing as npt

__all__ = ["add_clutter"]

Grey = npt.NDArray[np.float32]


def add_clutter(x: Grey, rng: np.random.Generator) -> Grey:
    """Add a few such things to a picture, 0 to 255."""
    if rng.random() < 0.4:
        x = _cloud(x, rng)
    if rng.random() < 0.3:
        x = _branches(x, rng)
    makers, odds = zip(*OBJECTS, strict=True)
    for make in rng.choice(np.array(makers), 3, replace=False, p=odds):
        for _ in range(int(rng.integers(0, 3))):
            x = make(x, rng)
    return x


def _soft(cover: npt.NDArray[np.uint8], rng: np.random.Generator, low: float, high: float) -> Grey:
    """Return a drawn shape as coverage, 0 to 1, its edge as soft as a scanner makes it."""
    blurred = cv2.GaussianBlur(cover.astype(np.float32) / 255, (0, 0), rng.uniform(low, high))
    return np.asarray(blurred, dtype=np.float32)


def _lay(x: Grey, cover: Grey, level: Grey | float) -> Grey:
    return np.asarray(x * (1 - cover) + cover * level, dtype=np.float32)


def _texture(shape: tuple[int, ...], rng: np.random.Generator, coarse: float, much: float) -> Grey:
    """Return noise of a given grain and strength."""
    noise = cv2.GaussianBlur(rng.normal(0, 1, shape).astype(np.float32), (0, 0), coarse)
    return np.asarray(noise / max(float(noise.std()), 1e-3) * much, dtype=np.float32)


def _cloud(x: Grey, rng: np.random.Generator) -> Grey:
    """An opacity, a heart full of contrast medium, or air: a shapeless region, soft or sharp."""
    shape, grain = x.shape, float(np.exp(rng.uniform(np.log(3), np.log(24))))
    field = _texture(shape, rng, grain, 1) + _texture(shape, rng, grain / 3, rng.uniform(0, 0.6))
    edge = float(np.exp(rng.uniform(np.log(0.04), np.log(0.8))))
    cover = 1 / (1 + np.exp(np.clip((rng.uniform(0.5, 1.8) - field) / edge, -30, 30)))
    level = rng.choice((rng.uniform(225, 290), rng.uniform(60, 225), rng.uniform(-40, 30)))
    much = rng.uniform(0.3, 1.0) if edge > 0.2 else 1.0
    grainy = level + _texture(shape, rng, rng.uniform(0.6, 2), rng.uniform(0, 16))
    return _lay(x, (cover * much).astype(np.float32), grainy)


def _branches(x: Grey, rng: np.random.Generator) -> Grey:
    """Septa, vessels or bronchi: wandering lines, where a field of noise crosses a level."""
    field = _texture(x.shape, rng, float(np.exp(rng.uniform(np.log(3), np.log(14)))), 1)
    cover = np.exp(-((field - rng.uniform(-1, 1)) ** 2) / rng.uniform(0.002, 0.03))
    where = np.clip(_texture(x.shape, rng, 20, 1) + rng.uniform(-1, 1), 0, 1)
    level = rng.uniform(150, 270) if rng.random() < 0.7 else rng.uniform(-20, 60)
    return _lay(x, (cover * where * rng.uniform(0.3, 1)).astype(np.float32), level)


def _ellipse(
    x: Grey, rng: np.random.Generator, long: tuple[float, float], flat: tuple[float, float]
) -> tuple[npt.NDArray[np.uint8], tuple[int, int], tuple[int, int], float]:
    """Draw an ellipse somewhere; return it with its centre, axes and angle."""
    canvas = np.zeros(x.shape, np.uint8)
    a = float(np.exp(rng.uniform(np.log(long[0]), np.log(long[1]))))
    axes = (round(a), max(1, round(a * rng.uniform(*flat))))
    centre = (int(rng.integers(x.shape[1])), int(rng.integers(x.shape[0])))
    angle = float(rng.uniform(0, 180))
    cv2.ellipse(canvas, centre, axes, angle, 0, 360, 255, -1, cv2.LINE_AA)
    return canvas, centre, axes, angle


def _bent(
    cover: npt.NDArray[np.uint8],
    start: tuple[int, int],
    way: float,
    far: float,
    width: int,
    rng: np.random.Generator,
) -> None:
    """Draw a bent line that gets thinner: straight ones of one width are annotations."""
    ways = way + np.cumsum(rng.normal(0, 0.25, 8)) + rng.uniform(-0.2, 0.2) * np.arange(8)
    steps = np.stack([np.cos(ways), np.sin(ways)], 1) * far / 8
    points = np.rint(np.vstack([[start], start + np.cumsum(steps, 0)])).astype(np.int32)
    for number, (a, b) in enumerate(pairwise(points)):
        thin = max(1, round(width * (1 - number / 10)))
        cv2.line(cover, a.tolist(), b.tolist(), 255, thin, cv2.LINE_AA)


def _bone(x: Grey, rng: np.random.Generator) -> Grey:
    """A rib or a part of a vertebra: a bright soft-edged oval, mostly darker inside."""
    cover, centre, axes, angle = _ellipse(x, rng, (5, 34), (0.18, 0.9))
    level = rng.uniform(190, 300) + _texture(x.shape, rng, 1.2, rng.uniform(2, 22))
    x = _lay(x, _soft(cover, rng, 0.5, 2.0), np.minimum(level, 262))
    if rng.random() < 0.6:
        inside = np.zeros(x.shape, np.uint8)
        core = (max(1, round(axes[0] * 0.7)), max(1, round(axes[1] * 0.55)))
        cv2.ellipse(inside, centre, core, angle, 0, 360, 255, -1, cv2.LINE_AA)
        x = _lay(x, _soft(inside, rng, 0.6, 1.6) * np.float32(rng.uniform(0.3, 1)),
                 rng.uniform(110, 230) + _texture(x.shape, rng, 1.0, 14))  # fmt: skip
    return x


def _rim(x: Grey, rng: np.random.Generator) -> Grey:
    """A rib or breastbone in a wide window, or a cavity: a thin bright uneven outline.

    Hollow arrows are as thin, but even and sharp-cornered.
    """
    points, long = _section(x.shape, rng)
    inside, outline = np.zeros((2, *x.shape), np.uint8)
    cv2.fillPoly(inside, [points], 255, cv2.LINE_AA, 4)
    cv2.polylines(outline, [points], True, 255, int(rng.choice((1, 1, 2, 2, 3, 6))), cv2.LINE_AA, 4)
    uneven = np.clip(rng.uniform(0.6, 1) + _texture(x.shape, rng, long / 3, 0.2), 0.15, 1)
    level = rng.uniform(90, 235) if rng.random() < 0.75 else rng.uniform(0, 60)
    marrow = level + _texture(x.shape, rng, 1.0, rng.uniform(1, 14))
    x = _lay(x, _soft(inside, rng, 0.5, 1.2), marrow)
    return _lay(x, _soft(outline, rng, 0.4, 1.1) * uneven, min(rng.uniform(190, 320), 262))


def _section(
    shape: tuple[int, ...], rng: np.random.Generator
) -> tuple[npt.NDArray[np.int32], float]:
    """Return the outline of a bone cut across, in sixteenths of a pixel, and half its length."""
    turns = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    square = rng.uniform(0.45, 1.1)  # of a superellipse: 1 is round, less is boxy
    reach = 1 + np.sum([rng.normal(0, 0.12 / k) * np.cos(k * turns + rng.uniform(0, 6.3))
                        for k in (1, 2, 3)], axis=0)  # fmt: skip
    long = float(np.exp(rng.uniform(np.log(7), np.log(34))))
    sides = long * np.array([1, rng.uniform(0.22, 0.75)])
    local = np.stack([np.cos(turns), np.sin(turns)], 1)
    local = np.sign(local) * np.abs(local) ** square * reach[:, None] * sides
    local[:, 1] += rng.uniform(-0.3, 0.3) * local[:, 0] ** 2 / long  # ribs are bent
    way = rng.uniform(0, 2 * np.pi)
    turn = np.array([[np.cos(way), -np.sin(way)], [np.sin(way), np.cos(way)]])
    points = local @ turn.T + rng.uniform(0, 1, 2) * shape[::-1]
    return np.rint(points * 16).astype(np.int32), long


def _vessel(x: Grey, rng: np.random.Generator) -> Grey:
    """A vessel full of contrast medium, or a nodule: bright, round, soft, sometimes branched."""
    cover, centre, _, angle = _ellipse(x, rng, (2, 26), (0.55, 1))
    for _ in range(int(rng.integers(0, 3))):
        way = np.deg2rad(angle + rng.uniform(0, 360))
        _bent(cover, centre, way, rng.uniform(8, 45), int(rng.integers(1, 7)), rng)
    level = min(rng.uniform(150, 290), 257) + _texture(x.shape, rng, 1.0, rng.uniform(0, 8))
    return _lay(x, _soft(cover, rng, 0.6, 2.0), level)


def _air(x: Grey, rng: np.random.Generator) -> Grey:
    """A bronchus, the trachea, a bulla or gas: dark, round, soft-edged."""
    cover, centre, axes, angle = _ellipse(x, rng, (2, 24), (0.35, 1))
    if rng.random() < 0.35:  # an airway that is cut along
        way, wide = np.deg2rad(angle), max(1, axes[1] // 2)
        _bent(cover, centre, way, rng.uniform(6, 30), wide, rng)
    level = rng.uniform(-20, 70) + _texture(x.shape, rng, 0.8, rng.uniform(0, 9))
    return _lay(x, _soft(cover, rng, 0.6, 1.8), level)


def _couch(x: Grey, rng: np.random.Generator) -> Grey:
    """The couch or a blanket: one or two long flat curves across the patch."""
    upright = rng.random() < 0.3
    high, wide = x.shape[::-1] if upright else x.shape
    along = np.linspace(-10, wide + 10, 60)
    deep, bend = rng.uniform(0, high), rng.uniform(-0.004, 0.004)
    for offset in (0, rng.uniform(4, 20))[: int(rng.integers(1, 3))]:
        across = deep + offset + bend * (along - rng.uniform(0.3, 0.7) * wide) ** 2
        points = np.rint(np.stack([along, across], 1) * 16).astype(np.int32)
        cover = np.zeros((high, wide), np.uint8)
        cv2.polylines(cover, [points], False, 255, int(rng.integers(1, 4)), cv2.LINE_AA, 4)
        if upright:
            cover = np.ascontiguousarray(cover.T)
        x = _lay(x, _soft(cover, rng, 0.4, 1.2), rng.uniform(80, 262))
    return x


def _wire(x: Grey, rng: np.random.Generator) -> Grey:
    """A catheter, an electrode or a suture: a thin wandering line, or small rings and dots."""
    steps = np.cumsum(rng.normal(0, 0.35, 24))
    turn = rng.uniform(0, 2 * np.pi) + steps
    path = np.cumsum(np.stack([np.cos(turn), np.sin(turn)], 1) * rng.uniform(1, 5), 0)
    points = np.rint((path + rng.uniform(0, 1, 2) * x.shape[::-1]) * 16).astype(np.int32)
    cover = np.zeros(x.shape, np.uint8)
    cv2.polylines(cover, [points], False, 255, int(rng.integers(1, 4)), cv2.LINE_AA, 4)
    level = rng.uniform(180, 270) if rng.random() < 0.7 else rng.uniform(-10, 60)
    return _lay(x, _soft(cover, rng, 0.5, 1.2) * np.float32(rng.uniform(0.4, 1)), level)


def _metal(x: Grey, rng: np.random.Generator) -> Grey:
    """A clip or sternal wire with dark and bright streaks, or a speck of calcium."""
    cover, centre, _, _ = _ellipse(x, rng, (1, 5), (0.4, 1))
    if rng.random() < 0.4:
        streaks = np.zeros(x.shape, np.float32)
        for way in rng.uniform(0, 2 * np.pi, 5):
            far = rng.uniform(8, 40)
            end = (round(centre[0] + far * np.cos(way)), round(centre[1] + far * np.sin(way)))
            one = np.zeros(x.shape, np.uint8)
            cv2.line(one, centre, end, 255, int(rng.integers(1, 4)), cv2.LINE_AA)
            streaks += _soft(one, rng, 0.8, 2.0) * np.float32(rng.uniform(-70, 70))
        x = x + streaks
    return _lay(x, _soft(cover, rng, 0.5, 1.0), 262)


OBJECTS = (
    (_bone, 0.18), (_rim, 0.22), (_vessel, 0.2), (_air, 0.2), (_metal, 0.1), (_wire, 0.06),
    (_couch, 0.04),
)  # fmt: skip
"""What is added, and how often. Couches and wires are rare across a body, and close to arrows."""
