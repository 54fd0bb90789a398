"""Drawn lesions in real slices: tumours of every size and kind, consolidation, ground glass."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from hilum.prepare.crossing.anatomy import Anatomy
from hilum.prepare.crossing.made import Made, made_of
from hilum.sources.phantom.lesions import LEAST_OPACITY, Disease, draw_spicules, paint_opacities
from hilum.sources.phantom.shapes import Field, Grid, noise_field
from hilum.sources.phantom.tissue import Tissue
from hilum.sources.phantom.vessels import paint_segments

__all__ = ["draw_opacities", "draw_tumour"]

SIZES_MM = ((0.3, 8.0, 20.0), (0.4, 20.0, 45.0), (0.3, 45.0, 100.0))
"""Share, smallest and largest diameter of nodules, masses and large masses."""
AT_WALL, SPICULATED, HALOED, CAVITATED, INTO_WALL = 0.5, 0.6, 0.5, 0.2, 0.2
"""Shares of the tumours that touch a wall, have spicules, a halo, a cavity, and grow beyond the
lung's edge."""
SUBSOLID = 0.15
"""Share of the tumours that are not solid."""
SMALLEST_CAVITATED_MM = 18.0
OPACITY_KINDS = {"consolidation": 0.3, "ground_glass": 0.35, "mixed": 0.35}


@dataclass(frozen=True)
class _Outline:
    """A tumour's centre and radius (mm), and the distance of each pixel from it along its form."""

    centre: tuple[float, float]
    radius: float
    reach: Field
    rough: Field


def draw_tumour(anatomy: Anatomy, rng: np.random.Generator) -> Made | None:
    """Return the slice with a drawn tumour; None where it fits nowhere or can't be seen."""
    tissue = anatomy.tissue()
    outline = _outline(tissue, rng)
    if outline is None:
        return None
    grid, radius = tissue.grid, outline.radius
    core = grid.fill(outline.reach - radius * outline.rough, soft=float(rng.uniform(1, 3)))
    share = np.maximum(core, _fringe(grid, outline, rng))
    limit = _limit(anatomy, tissue, rng)
    texture = _texture(grid, outline, rng)
    hu = tissue.hu + share * limit * (texture - tissue.hu)
    return made_of(anatomy.grey, anatomy.grey_levels(hu), core * limit >= LEAST_OPACITY)


def draw_opacities(anatomy: Anatomy, rng: np.random.Generator) -> Made | None:
    """Return the slice with drawn consolidation or ground glass; None where it can't be seen."""
    kind = str(rng.choice(list(OPACITY_KINDS), p=list(OPACITY_KINDS.values())))
    disease = Disease(kind, 0.0, rng.uniform(-0.9, 0.9, (60, 2)), np.zeros((5, 2)), 0)
    tissue = anatomy.tissue()
    hu = paint_opacities(tissue, disease, float(rng.uniform(0.6, 1.0)), rng)
    after = anatomy.grey_levels(hu)
    changed = (np.abs(after - anatomy.grey) > 1).astype(np.uint8)
    opened = cv2.morphologyEx(changed, cv2.MORPH_OPEN, np.ones((3, 3), dtype=np.uint8))
    return made_of(anatomy.grey, after, opened > 0)


def _outline(tissue: Tissue, rng: np.random.Generator) -> _Outline | None:
    """Draw where a tumour lies, how large it is and its form; None where there is no room."""
    shares = [share for share, *_ in SIZES_MM]
    _, low, high = SIZES_MM[int(rng.choice(len(SIZES_MM), p=shares))]
    radius = float(rng.uniform(low, high)) / 2
    depth = tissue.depth
    if rng.random() < AT_WALL:
        free = (depth > 0) & (depth < max(3.0, 0.6 * radius))
    else:
        free = depth >= min(0.8 * radius, 0.8 * float(depth.max()))
    rows, columns = np.nonzero(free)
    if not len(rows):
        return None
    index = int(rng.integers(len(rows)))
    x, y = float(tissue.grid.x[0, columns[index]]), float(tissue.grid.y[rows[index], 0])
    dx, dy = tissue.grid.x - np.float32(x), tissue.grid.y - np.float32(y)
    turn, stretch = rng.uniform(0, np.pi), float(rng.uniform(0.75, 1.3))
    u, v = dx * np.cos(turn) + dy * np.sin(turn), dy * np.cos(turn) - dx * np.sin(turn)
    reach = np.sqrt((u * stretch) ** 2 + (v / stretch) ** 2).astype(np.float32)
    rough = _rough(tissue.grid, np.arctan2(dy, dx), rng)
    return _Outline((x, y), radius, reach, rough)


def _rough(grid: Grid, angle: npt.NDArray[np.floating], rng: np.random.Generator) -> Field:
    """Return the factor by which a tumour's radius is larger in each direction: lobes, texture."""
    amplitude = rng.uniform(0.02, 0.12)
    lobes = np.ones_like(angle)
    for order in range(2, 7):
        wave = rng.normal(0, amplitude / np.sqrt(order - 1))
        lobes += wave * np.cos(order * angle + rng.uniform(0, 2 * np.pi))
    texture = 1 + rng.uniform(0.02, 0.12) * noise_field(rng, grid, length_mm=7)
    return np.asarray(lobes * texture, np.float32)


def _fringe(grid: Grid, outline: _Outline, rng: np.random.Generator) -> Field:
    """Return the share of spicules and halo around a tumour."""
    fringe = np.zeros_like(outline.reach)
    if rng.random() < SPICULATED:
        rays = draw_spicules(rng, int(rng.integers(5, 26)), outline.centre, outline.radius)
        fringe = np.maximum(fringe, 0.75 * paint_segments(grid, rays))
    if rng.random() < HALOED:
        halo = np.clip(1.5 - outline.reach / (1.25 * outline.radius), 0, rng.uniform(0.05, 0.4))
        fringe = np.maximum(fringe, halo)
    return fringe.astype(np.float32)


def _limit(anatomy: Anatomy, tissue: Tissue, rng: np.random.Generator) -> Field:
    """Return where a tumour may lie: in the lung, or a little into its wall."""
    if rng.random() >= INTO_WALL:
        return tissue.lung
    return np.clip(2 * anatomy.lung_share(3 * len(anatomy.grey) / 192), 0, 1).astype(np.float32)


def _texture(grid: Grid, outline: _Outline, rng: np.random.Generator) -> Field:
    """Return a tumour's attenuation, HU, with a cavity in some large ones."""
    subsolid = rng.random() < SUBSOLID
    density = rng.uniform(-600, -100) if subsolid else rng.uniform(-60, 70)
    grain = noise_field(rng, grid, length_mm=float(rng.uniform(3, 8)))
    texture = np.float32(density) + np.float32(rng.uniform(5, 30)) * grain
    if 2 * outline.radius > SMALLEST_CAVITATED_MM and rng.random() < CAVITATED:
        hollow = outline.radius * rng.uniform(0.3, 0.65) * outline.rough
        cavity = grid.fill((outline.reach - hollow).astype(np.float32), soft=2.0)
        texture = texture + cavity * (np.float32(rng.uniform(-950, -700)) - texture)
    return np.asarray(texture, dtype=np.float32)
