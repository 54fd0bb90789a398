"""Ribs, sternum and vertebra: a bright shell around spongy bone."""

from __future__ import annotations

import numpy as np

from hilum.sources.phantom.body import Body
from hilum.sources.phantom.shapes import ANGLES, Field, Grid, blend, ellipse, join

__all__ = ["paint_bones"]

SPONGY_HU, CORTICAL_HU, CANAL_HU = 190.0, 720.0, 20.0

RIB_SECTIONS = 7
"""Sections a side: ribs slope, so that an axial slice meets each of them over a stretch."""


def paint_bones(hu: Field, body: Body, level: float, grid: Grid, pleura: Field) -> None:
    """Paint ribs, sternum and vertebra over `hu`, in place."""
    _paint_bone(hu, grid, _ribs(body, level, grid, pleura), shell=1.7)
    front = float(body.pleura(level)[3 * ANGLES // 4])
    near, inside = grid.crop((0, -front - 8), 24)
    _paint_bone(hu[inside], near, ellipse(near, (0, -front - 8), (19, 6.5)), shell=1.8)
    centre = 0.84 * body.depth
    near, inside = grid.crop((0, centre + 14), 42)
    _paint_vertebra(hu[inside], centre, near)


def _paint_vertebra(hu: Field, centre: float, grid: Grid) -> None:
    """Paint body, canal, transverse and spinous processes; the body's centre lies at y `centre`."""
    processes = join(
        ellipse(grid, (-17, centre + 19), (19, 4.6), turn=-0.3),
        ellipse(grid, (17, centre + 19), (19, 4.6), turn=0.3),
        2,
    )
    arch = join(ellipse(grid, (0, centre + 33), (3.4, 10)), processes, 3)
    canal = ellipse(grid, (0, centre + 19.5), (8.5, 7.5))
    _paint_bone(hu, grid, np.maximum(arch, -canal), shell=1.8)
    _paint_bone(hu, grid, ellipse(grid, (0, centre), (17.5, 14.5)), shell=1.5)
    hu[:] = blend(hu, CANAL_HU, grid.fill(canal))


def _paint_bone(hu: Field, grid: Grid, distance: Field, *, shell: float) -> None:
    """Paint a bone: a bright shell (mm thick) around spongy bone."""
    hu[:] = blend(hu, CORTICAL_HU, grid.fill(distance))
    hu[:] = blend(hu, SPONGY_HU, grid.fill(distance + shell, soft=1.5))


def _ribs(body: Body, level: float, grid: Grid, pleura: Field) -> Field:
    """Return the distance beyond the rib sections, which run obliquely through the slice."""
    count = 7  # sections a side; ribs slope, so a slice meets each over a stretch
    turn = np.arange(ANGLES, dtype=np.float32) / ANGLES
    shift = body.ribs + 1.7 * level
    wave = np.cos(2 * np.pi * (2 * count * turn + shift)) - 0.15
    open_front = np.exp(-(((turn - 0.75) / 0.055) ** 2)) * 3  # cartilage, not bone
    along = (wave - open_front).astype(np.float32)
    half = np.float32(4.3) * np.sqrt(np.clip(along, 0, 1)) - np.where(along > 0, 0, 3)
    thickness = half.astype(np.float32)[grid.angle_bin]
    return np.asarray(np.abs(pleura - np.float32(7)) - thickness, dtype=np.float32)
