"""The geometry that a phantom is made of: distances in mm on a grid, and soft edges."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
import numpy.typing as npt

from hilum.boxes import Box

__all__ = [
    "ANGLES",
    "Field",
    "Grid",
    "blend",
    "box_of_mask",
    "ellipse",
    "join",
    "meet",
    "noise_field",
    "smooth_step",
]

Field = npt.NDArray[np.float32]

ANGLES = 1440
"""Bins of a closed outline: a quarter of a degree is under a millimetre at the skin."""


@dataclass(frozen=True)
class Grid:
    """Where the pixels of a square slice lie: x to the patient's left, y to the back, in mm."""

    size: int
    field_mm: float
    x_mm: float = 0.0
    y_mm: float = 0.0

    @property
    def pixel(self) -> float:
        """Millimetres between neighbouring pixels."""
        return self.field_mm / self.size

    def halved(self) -> Grid:
        """Return the same field of view in half as many pixels a side."""
        return Grid(self.size // 2, self.field_mm, self.x_mm, self.y_mm)

    def crop(self, centre: tuple[float, float], reach: float) -> tuple[Grid, tuple[slice, slice]]:
        """Return the square part within `reach` mm of `centre`, and its rows and columns."""
        count = min(self.size, 2 * int(np.ceil(reach / self.pixel)))
        middle = self.pixels(np.array([centre]))[0] - (count - 1) / 2
        left, top = (int(np.clip(round(float(at)), 0, self.size - count)) for at in middle)
        inside = slice(top, top + count), slice(left, left + count)
        shift = (count - self.size) / 2 * self.pixel
        x, y = self.x_mm + left * self.pixel + shift, self.y_mm + top * self.pixel + shift
        return Grid(count, count * self.pixel, x, y), inside

    def enlarge(self, field: Field) -> Field:
        """Return a smooth `field` of the halved grid on this one."""
        return np.asarray(cv2.resize(field, (self.size, self.size)), dtype=np.float32)

    @cached_property
    def x(self) -> Field:
        """(1, size) x of the columns."""
        return self._axis(self.x_mm)[None, :]

    @cached_property
    def y(self) -> Field:
        """(size, 1) y of the rows."""
        return self._axis(self.y_mm)[:, None]

    @cached_property
    def radius(self) -> Field:
        """(size, size) distance from the origin."""
        return np.asarray(np.sqrt(self.x**2 + self.y**2), dtype=np.float32)

    @cached_property
    def angle_bin(self) -> npt.NDArray[np.int32]:
        """(size, size) bin of the direction seen from the origin; bin 0 is the patient's left."""
        angle = np.arctan2(self.y, self.x)
        return np.floor(angle * (ANGLES / (2 * np.pi))).astype(np.int32) % ANGLES

    def outline(self, profile: Field) -> Field:
        """Return the distance beyond the closed outline with radius `profile` (ANGLES values)."""
        return self.radius - profile[self.angle_bin]

    def fill(self, distance: Field, *, soft: float = 1.0) -> Field:
        """Return the share (0 to 1) of each pixel inside, its edge `soft` pixels wide."""
        filled = np.float32(0.5) - distance * np.float32(1 / (self.pixel * soft))
        return np.asarray(np.clip(filled, 0, 1, out=filled), dtype=np.float32)

    def pixels(self, points: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
        """Return (n, 2) points x, y in mm as (n, 2) columns, rows in pixels."""
        offset = np.array([self.x_mm, self.y_mm])
        return np.asarray((points - offset) / self.pixel + (self.size - 1) / 2)

    def _axis(self, centre: float) -> Field:
        steps = np.arange(self.size, dtype=np.float32) - (self.size - 1) / 2
        return (steps * self.pixel + centre).astype(np.float32)


def ellipse(
    grid: Grid, centre: tuple[float, float], axes: tuple[float, float], *, turn: float = 0.0
) -> Field:
    """Return the distance (along the ray from the centre) beyond an ellipse turned by `turn`."""
    x, y = grid.x - np.float32(centre[0]), grid.y - np.float32(centre[1])
    cos, sin = np.float32(np.cos(turn)), np.float32(np.sin(turn))
    u, v = x * cos + y * sin, y * cos - x * sin
    square = (u * np.float32(1 / axes[0])) ** 2 + (v * np.float32(1 / axes[1])) ** 2
    inverse = 1 / np.sqrt(np.maximum(square, np.float32(1e-6)))
    return np.asarray(np.sqrt(x * x + y * y) * (1 - inverse), dtype=np.float32)


def meet(one: Field, other: Field, rounding: float) -> Field:
    """Return the distance beyond what lies in both, the corner rounded over `rounding` mm."""
    met: Field = 0.5 * (one + other + np.sqrt((one - other) ** 2 + np.float32(rounding**2)))
    return met


def join(one: Field, other: Field, rounding: float) -> Field:
    """Return the distance beyond what lies in either, the notch filled over `rounding` mm."""
    return -meet(-one, -other, rounding)


def smooth_step(value: float, low: float, high: float) -> float:
    """Return 0 below `low`, 1 above `high`, and a smooth rise between."""
    share = min(max((value - low) / (high - low), 0.0), 1.0)
    return share * share * (3 - 2 * share)


def noise_field(rng: np.random.Generator, grid: Grid, *, length_mm: float) -> Field:
    """Return a (size, size) field of mean 0 and deviation 1, correlated over `length_mm`.

    Long lengths are drawn on a coarser grid and enlarged, which costs next to nothing.
    """
    step = max(1, int(length_mm / grid.pixel / 1.5))
    coarse = -(-grid.size // step) + 4
    field = cv2.GaussianBlur(
        rng.standard_normal((coarse, coarse), dtype=np.float32),
        (0, 0),
        max(length_mm / grid.pixel / step / 2, 0.3),
    )
    field = field[2:-2, 2:-2]
    mean, deviation = (float(value[0, 0]) for value in cv2.meanStdDev(field))
    field = (field - np.float32(mean)) * np.float32(1 / deviation)
    if step > 1:
        field = cv2.resize(field, (grid.size, grid.size), interpolation=cv2.INTER_CUBIC)
    return np.asarray(field[: grid.size, : grid.size], dtype=np.float32)


def box_of_mask(mask: npt.NDArray[np.bool_]) -> Box:
    """Return the smallest box around everything in `mask` (size, size)."""
    rows, cols = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return Box(int(rows[0]), int(cols[0]), int(rows[-1]) + 1, int(cols[-1]) + 1)


def blend(below: Field, above: Field | float, share: Field) -> Field:
    """Return `below` with `above` laid over it, where and as far as `share` says (0 to 1)."""
    return np.asarray(below + share * (above - below), dtype=np.float32)
