"""The build of one synthetic patient, drawn once: sizes in mm, attenuations in HU."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hilum.sources.phantom.shapes import ANGLES, Field, smooth_step

__all__ = ["Body", "draw_body", "draw_level"]

HIGHEST_LEVEL, LOWEST_LEVEL = 0.12, 0.95
"""Slices lie between these: 0 is the top of the aortic arch, 1 the dome of the liver."""


@dataclass(frozen=True)
class Body:
    """What makes one patient's slices alike.

    Attributes:
        width, depth: half of the inside of the chest, side to side and front to back.
        fat: thickness under the skin at the sides.
        wall: thickness of the chest wall between fat and pleura.
        waves: amplitude (share) and phase of small irregularities of the outline.
        heart: size of the heart, 1 is usual.
        middle: half-width of the mediastinum in front of the great vessels.
        shift: how far it lies to the left.
        blood: 45 without contrast medium, up to 220 with.
        lung: mean attenuation of aerated lung.
        ribs: phase of the rib sections along the chest wall, 0 to 1.
    """

    width: float
    depth: float
    fat: float
    wall: float
    waves: tuple[tuple[float, float], ...]
    heart: float
    middle: float
    shift: float
    blood: float
    lung: float
    ribs: float

    def skin(self) -> Field:
        """Return the outline of the skin, a radius for each angle."""
        angle = _angles()
        wide = self.width + self.wall + self.fat
        deep = self.depth + self.wall + 0.5 * self.fat + 3
        radius = _oval(angle, wide, deep, power=2.35) * (1 + 0.045 * np.sin(angle))
        for order, (amplitude, phase) in enumerate(self.waves, start=2):
            radius = radius * (1 + amplitude * np.cos(order * angle + phase))
        back = np.exp(-((_turned(angle, np.pi / 2) / 0.13) ** 2))  # the furrow over the spine
        front = np.exp(-((_turned(angle, -np.pi / 2) / 0.3) ** 2))
        return np.asarray(radius * (1 - 0.03 * back - 0.03 * front), dtype=np.float32)

    def pleura(self, level: float) -> Field:
        """Return the outline of both lungs and what lies between them."""
        angle = _angles()
        shoulder = 0.82 + 0.18 * smooth_step(level, 0.0, 0.5)
        radius = _oval(angle, self.width * shoulder, self.depth * (0.4 + 0.6 * shoulder), power=2.1)
        for order, (amplitude, phase) in enumerate(self.waves, start=2):
            radius = radius * (1 + 1.2 * amplitude * np.cos(order * angle + phase))
        gutters = np.exp(-((_turned(np.abs(_turned(angle, np.pi / 2)), 0.62) / 0.4) ** 2))
        front = np.exp(-((_turned(angle, -np.pi / 2) / 0.3) ** 2))  # the sternum pushes in
        return np.asarray(radius * (1 + 0.075 * gutters - 0.05 * front), dtype=np.float32)


def draw_body(rng: np.random.Generator) -> Body:
    """Draw one patient."""
    width = float(np.clip(rng.normal(131, 6), 116, 142))
    contrast = rng.random() < 0.4
    return Body(
        width=width,
        depth=width * float(np.clip(rng.normal(0.73, 0.035), 0.65, 0.8)),
        fat=float(rng.uniform(5, 22)),
        wall=float(rng.uniform(18, 23)),
        waves=tuple((float(rng.normal(0, 0.011)), float(rng.uniform(0, 6.3))) for _ in range(4)),
        heart=float(np.clip(rng.normal(1.0, 0.08), 0.82, 1.2)),
        middle=float(rng.uniform(7, 17)),
        shift=float(rng.normal(4, 3)),
        blood=float(rng.uniform(120, 220)) if contrast else 45.0,
        lung=float(rng.normal(-862, 18)),
        ribs=float(rng.uniform(0, 1)),
    )


def draw_level(rng: np.random.Generator, index: int, count: int) -> float:
    """Draw the level of slice `place` of `places`, from top to bottom."""
    share = (index + rng.uniform(0.15, 0.85)) / count
    return HIGHEST_LEVEL + (LOWEST_LEVEL - HIGHEST_LEVEL) * float(share)


def _angles() -> Field:
    return ((np.arange(ANGLES, dtype=np.float32) + 0.5) * np.float32(2 * np.pi / ANGLES)).astype(
        np.float32
    )


def _turned(angle: Field, centre: float) -> Field:
    """Return how far each angle lies from `centre`, between -pi and pi."""
    turned: Field = (angle - centre + np.pi) % (2 * np.pi) - np.pi
    return turned


def _oval(angle: Field, width: float, depth: float, *, power: float) -> Field:
    """Return the radius of a superellipse at each angle."""
    gauge = np.abs(np.cos(angle) / width) ** power + np.abs(np.sin(angle) / depth) ** power
    return np.asarray(gauge ** (-1 / power), dtype=np.float32)
