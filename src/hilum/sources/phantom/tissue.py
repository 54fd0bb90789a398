"""One slice of a body without any lesion, in Hounsfield units."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hilum.sources.phantom.body import Body
from hilum.sources.phantom.bones import paint_bones
from hilum.sources.phantom.mediastinum import outline_middle, paint_airways, paint_middle
from hilum.sources.phantom.shapes import Field, Grid, blend, meet, noise_field
from hilum.sources.phantom.vessels import draw_dots, grow_trees, paint_segments

__all__ = ["Tissue", "paint_tissue"]

AIR_HU, FAT_HU, MUSCLE_HU, VESSEL_HU = -1000.0, -100.0, 55.0, 30.0
FISSURE_HU = -680.0


@dataclass(frozen=True)
class Tissue:
    """A slice without a lesion.

    Attributes:
        hu: (size, size) float32.
        lung: (size, size) float32, the share of each pixel that is lung.
        depth: (size, size) float32, how deep in the lung each pixel lies, mm; negative outside.
        grid: where the pixels lie.
    """

    hu: Field
    lung: Field
    depth: Field
    grid: Grid


def paint_tissue(body: Body, level: float, grid: Grid, rng: np.random.Generator) -> Tissue:
    """Paint one slice of `body` at `level` (0 aortic arch, 1 liver dome)."""
    pleura = grid.outline(body.pleura(level))
    hu = _paint_wall(body, grid, pleura, rng)
    half = grid.halved()  # what lies between the lungs is smooth: a quarter of the work
    middle = grid.enlarge(outline_middle(body, level, half))
    beyond_lung = meet(pleura, -middle, 9.0)
    lung = grid.fill(beyond_lung)
    between = grid.fill(pleura - 1.0) * (1 - lung)
    hu = blend(hu, grid.enlarge(paint_middle(body, level, half, rng)), between)
    paint_bones(hu, body, level, grid, pleura)
    air = _paint_lung(body, level, grid, rng, pleura)
    hu = blend(hu, air, lung)
    paint_airways(hu, level, grid)
    return Tissue(hu, lung, -beyond_lung, grid)


def _paint_wall(body: Body, grid: Grid, pleura: Field, rng: np.random.Generator) -> Field:
    """Paint air, skin, fat and muscle."""
    skin = grid.outline(body.skin())
    hu = np.full(skin.shape, AIR_HU, dtype=np.float32)
    hu = blend(hu, 0.0, grid.fill(skin))
    fat = FAT_HU + 9 * noise_field(rng, grid, length_mm=5)
    hu = blend(hu, fat, grid.fill(skin + 2.2))
    # muscle lies on the ribs, thick over the back and at the front of the chest
    thick = 7 + (body.wall - 8) * (0.55 + 0.45 * np.abs(grid.y) / body.depth)
    strands = noise_field(rng, grid, length_mm=13)
    muscle = pleura - thick + 3.2 * strands
    streaks = MUSCLE_HU + 8 * noise_field(rng, grid, length_mm=4)
    hu = blend(hu, streaks, grid.fill(np.maximum(muscle, skin + 4.5), soft=1.6))
    seam = np.abs(pleura - 0.62 * thick - 2.0 * strands) - 1.1  # fat between two layers
    return blend(hu, FAT_HU, 0.75 * grid.fill(np.maximum(seam, muscle + 2.5), soft=1.5))


def _paint_lung(
    body: Body, level: float, grid: Grid, rng: np.random.Generator, pleura: Field
) -> Field:
    """Paint parenchyma, denser towards the back, and its vessels."""
    mottle = 16 * noise_field(rng, grid, length_mm=3.2) + 14 * noise_field(rng, grid, length_mm=24)
    hu = body.lung + 42 * (grid.y / body.depth) + mottle
    headings, sides = _draw_headings(rng)
    roots = np.column_stack([36.0 * sides, np.full(sides.size, 4.0)])
    trees = grow_trees(
        rng, roots, headings=headings, diameters=rng.uniform(3.0, 5.4, headings.size)
    )
    dots = draw_dots(rng, 130, reach=(body.width, body.depth))
    vessels = paint_segments(grid, np.concatenate([trees, dots]))
    vessels = vessels * np.clip(-pleura / 9 - 0.2, 0, 1)  # none reaches the pleura
    fissure = _fissure(level, grid, rng)
    hu = blend(hu, FISSURE_HU, fissure)
    return blend(hu, VESSEL_HU, vessels)


def _draw_headings(
    rng: np.random.Generator,
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Draw where the main branches go, a fan from front to back on each side; and the sides."""
    fan = np.concatenate([np.linspace(-1.35, 1.35, 6), np.linspace(-1.35, 1.35, 6)])
    fan = fan + rng.normal(0, 0.13, fan.size)
    sides = np.repeat([-1.0, 1.0], 6)
    return np.where(sides > 0, fan, np.pi - fan), sides


def _fissure(level: float, grid: Grid, rng: np.random.Generator) -> Field:
    """Return the share of the oblique fissures: a thin curved line on each side."""
    offset, bow = 30 - 60 * level + rng.normal(0, 5), rng.uniform(0.001, 0.004)
    line = grid.y - np.float32(offset) + np.float32(bow) * (np.abs(grid.x) - 60) ** 2
    distance = np.asarray(np.abs(line) - 0.5, dtype=np.float32)
    return np.float32(0.8) * grid.fill(distance)
