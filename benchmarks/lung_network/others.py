"""Pictures that are no chest: drawn heads and bellies, films, patterns, photographs, blanks."""

from __future__ import annotations

from collections.abc import Callable
from importlib import resources

import cv2
import numpy as np
import numpy.typing as npt
from chests import Chest
from looks import shown

__all__ = ["draw_other"]

Grey = npt.NDArray[np.uint8]
HU = npt.NDArray[np.float32]
Random = np.random.Generator


def draw_other(chest: Chest, side: int, rng: Random) -> Grey:
    """Return a picture (side, side) uint8 without a lung; a chest is what a belly is made from."""
    draw: Callable[[Chest, int, Random], Grey] = KINDS[rng.choice(len(KINDS), p=SHARES)]
    return draw(chest, side, rng)


def _rough(shape: tuple[int, int], length: float, rng: Random) -> HU:
    small = max(2, round(shape[0] / length)), max(2, round(shape[1] / length))
    noise = cv2.resize(rng.normal(0, 1, small).astype(np.float32), shape[::-1],
                       interpolation=cv2.INTER_CUBIC)  # fmt: skip
    return np.asarray(noise, np.float32)


def _oval(side: int, rng: Random, wide: float, high: float, wavy: float = 0.04) -> HU:
    """Return how far each pixel lies inside a wavy ellipse, 1 at its centre, 0 at its edge."""
    y, x = np.mgrid[:side, :side].astype(np.float32)
    centre = rng.uniform(0.45, 0.55, 2) * side
    far = np.hypot((y - centre[0]) / (high * side), (x - centre[1]) / (wide * side))
    return np.asarray(1 - far + wavy * _rough((side, side), side / 4, rng), np.float32)


def _belly(chest: Chest, side: int, rng: Random) -> Grey:
    """Lungs filled with organs, a little gas in the bowel."""
    hu = np.where(chest.hu > -15, 40, chest.hu).astype(np.float32)
    organs = 40 + 60 * np.sign(_rough(chest.hu.shape, float(rng.uniform(15, 60)), rng))
    organs = cv2.GaussianBlur(organs * np.float32(rng.uniform(0.1, 1)), (0, 0), 1.5)
    fat = _rough(chest.hu.shape, float(rng.uniform(10, 40)), rng) > rng.uniform(0, 2.5)
    wide = cv2.dilate(chest.lungs.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    hu = np.where(wide, np.where(fat, -100, organs), hu).astype(np.float32)
    if rng.random() < 0.6:
        gas = _rough(chest.hu.shape, float(rng.uniform(8, 20)), rng)
        hu = np.where(chest.lungs & (gas > rng.uniform(1.3, 2.5)), -950, hu).astype(np.float32)
    hu += rng.normal(0, rng.uniform(2, 30), hu.shape).astype(np.float32)
    columns = np.flatnonzero((hu > -500).any(axis=0))
    if len(columns) and rng.random() < 0.7:
        hu = hu[:, columns[0] : columns[-1] + 1]
    return cv2.resize(shown(hu, rng), (side, side))


def _head(chest: Chest, side: int, rng: Random) -> Grey:
    """A ring of bone with brain, ventricles, and sometimes sinuses and teeth."""
    inside = _oval(side, rng, float(rng.uniform(0.25, 0.45)), float(rng.uniform(0.3, 0.48)))
    hu = np.full((side, side), -1000, np.float32)
    brain = 35 + 6 * _rough((side, side), side / 20, rng) + 4 * _rough((side, side), 3, rng)
    hu = np.where(inside > 0, 40, hu)
    hu = np.where(inside > 0.06, rng.uniform(500, 1500), hu)
    hu = np.where(inside > rng.uniform(0.12, 0.25), brain, hu)
    if rng.random() < 0.7:
        holes = _rough((side, side), side / float(rng.uniform(5, 10)), rng) > rng.uniform(1, 2)
        air = -900 if rng.random() < 0.5 else 8
        hu = np.where(holes & (inside > 0.2), air, hu)
    window = rng.random()
    if window < 0.6:
        return np.clip((hu - rng.uniform(-40, 0)) / rng.uniform(60, 200) * 255, 0, 255).astype(
            np.uint8
        )
    return shown(hu.astype(np.float32), rng)


def _film(chest: Chest, side: int, rng: Random) -> Grey:
    """A film of a chest from the front: dark fields, ribs across, the belly white below."""
    y, x = np.mgrid[:side, :side].astype(np.float32) / side
    picture = rng.uniform(120, 190) + 20 * _rough((side, side), side / 4, rng)
    for centre in (rng.uniform(0.25, 0.33), rng.uniform(0.67, 0.75)):
        lung = np.hypot((x - centre) / rng.uniform(0.13, 0.2), (y - 0.45) / rng.uniform(0.3, 0.4))
        picture -= rng.uniform(50, 110) / (
            1 + np.exp(np.minimum(30, (lung - 1) * rng.uniform(6, 20)))
        )
    bend = rng.uniform(0.2, 0.8) * np.abs(x - 0.5)
    ribs = np.sin(2 * np.pi * rng.uniform(6, 11) * (y + bend)) > 0.4
    picture += rng.uniform(5, 30) * cv2.GaussianBlur(ribs.astype(np.float32), (0, 0), 1.2)
    picture += rng.uniform(20, 70) * np.exp(-(((x - 0.5) / rng.uniform(0.03, 0.08)) ** 2))
    picture += rng.uniform(30, 90) / (1 + np.exp(-(y - rng.uniform(0.7, 0.9)) * 30))
    return np.asarray(np.clip(picture, 0, 255), np.uint8)


def _photo(chest: Chest, side: int, rng: Random) -> Grey:
    """A part of one of the two photographs that scikit-learn carries."""
    name = ("china.jpg", "flower.jpg")[int(rng.integers(2))]
    data = resources.files("sklearn.datasets").joinpath("images", name).read_bytes()
    photo = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE)
    size = int(rng.integers(80, min(photo.shape)))
    top, left = (int(rng.integers(0, length - size + 1)) for length in photo.shape)
    return cv2.resize(photo[top : top + size, left : left + size], (side, side))


def _pattern(chest: Chest, side: int, rng: Random) -> Grey:
    """Noise of any grain, shapes, stripes, pages of text."""
    kind = rng.random()
    picture = 128 + rng.uniform(10, 60) * _rough((side, side), float(rng.uniform(1, side / 2)), rng)
    if kind < 0.5:
        for _ in range(int(rng.integers(1, 14))):
            corner, level = rng.integers(0, side, (2, 2)), float(rng.uniform(0, 255))
            if rng.random() < 0.5:
                cv2.rectangle(picture, corner[0].tolist(), corner[1].tolist(), level, -1)
            else:
                sides = (int(rng.integers(3, side // 2)), int(rng.integers(3, side // 2)))
                cv2.ellipse(picture, corner[0].tolist(), sides, float(rng.uniform(0, 180)), 0, 360,
                            level, int(rng.choice([-1, 2, 6])))  # fmt: skip
    elif kind < 0.7:
        page = np.full((side, side), rng.uniform(200, 255), np.uint8)
        for row in range(8, side, int(rng.integers(9, 18))):
            text = "".join(rng.choice(list("abcdefghij klmnop rst"), 40))
            cv2.putText(page, text, (4, row), cv2.FONT_HERSHEY_SIMPLEX, 0.3, 20, 1)
        return page
    return np.asarray(np.clip(picture, 0, 255), np.uint8)


def _blank(chest: Chest, side: int, rng: Random) -> Grey:
    """One grey, or a gradient."""
    level = rng.uniform(0, 255, 2)
    return np.asarray(np.tile(np.linspace(*level, side), (side, 1)), np.uint8)


KINDS = (_belly, _head, _film, _photo, _pattern, _blank)
SHARES = (0.3, 0.2, 0.16, 0.16, 0.13, 0.05)
