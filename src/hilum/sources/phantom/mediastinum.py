"""What lies between the lungs: heart, great vessels, fat, trachea and bronchi."""

from __future__ import annotations

import numpy as np

from hilum.sources.phantom.body import Body
from hilum.sources.phantom.shapes import Field, Grid, blend, ellipse, join, noise_field, smooth_step

__all__ = ["outline_middle", "paint_airways", "paint_middle"]

FAT_HU, HEART_HU, OESOPHAGUS_HU = -100.0, 55.0, 40.0
WALL_HU, LUMEN_HU = 20.0, -985.0


def outline_middle(body: Body, level: float, grid: Grid) -> Field:
    """Return the distance beyond everything between the lungs."""
    low, deep = smooth_step(level, 0.3, 0.75), body.depth
    spine = ellipse(grid, (0, 0.86 * deep), (22, 30))
    column = ellipse(grid, (body.shift, 0.0), (body.middle + 4 * low, 1.02 * deep))
    middle = join(spine, column, 10)
    middle = join(middle, ellipse(grid, (4, 0.42 * deep), (15, 24)), 10)  # oesophagus, azygos
    great = ellipse(grid, (5, -0.14 * deep), (29, 0.46 * deep), turn=0.25)
    middle = join(middle, great, 10)
    middle = join(middle, ellipse(grid, (23, 0.56 * deep), (14, 14)), 4)  # descending aorta
    for side in (-1, 1):
        hilum = ellipse(grid, (side * 34, 4), (13, 15 - 4 * low), turn=0.4 * side)
        middle = join(middle, hilum, 7)
    if low > 0.02:
        middle = join(middle, _heart(body, low, grid), 9)
    return middle


def _heart(body: Body, low: float, grid: Grid) -> Field:
    """Return the distance beyond the heart, whose apex points to the left and the front."""
    size = body.heart * (0.45 + 0.55 * low)
    centre = (8 + 15 * low, -0.26 * body.depth)
    return ellipse(grid, centre, (64 * size, 46 * size), turn=0.45)


def paint_middle(body: Body, level: float, grid: Grid, rng: np.random.Generator) -> Field:
    """Paint fat, heart, great vessels, oesophagus and vertebra's surroundings."""
    low = smooth_step(level, 0.3, 0.75)
    ragged = 2.2 * noise_field(rng, grid, length_mm=9)
    hu = np.full(grid.radius.shape, 10.0, dtype=np.float32) + 30 * noise_field(
        rng, grid, length_mm=11
    )
    blood = body.blood
    if low > 0.02:
        heart = _heart(body, low, grid)
        hu = blend(hu, FAT_HU + 30, grid.fill(heart))
        hu = blend(hu, HEART_HU, grid.fill(heart + 5 + ragged))
        left = ellipse(grid, (30 * low, -2), (22 * low, 17 * low), turn=-0.5)
        right = ellipse(grid, (-16 * low, -26), (19 * low, 16 * low), turn=-0.3)
        hu = blend(hu, blood + 10, grid.fill(join(left, right, 2), soft=3))
    if low < 0.98:
        vessels = join(ellipse(grid, (-8, -26), (15, 15)), ellipse(grid, (-24, -17), (8, 9)), 1)
        trunk = ellipse(grid, (20, -20), (21, 11), turn=0.35)
        hu = blend(hu, blood, (1 - low) * grid.fill(join(vessels, trunk, 2)))
    hu = blend(hu, OESOPHAGUS_HU, grid.fill(ellipse(grid, (7, 0.44 * body.depth), (8, 6))))
    return blend(hu, blood, grid.fill(ellipse(grid, (23, 0.56 * body.depth), (12, 12))))


def paint_airways(hu: Field, level: float, grid: Grid) -> None:
    """Paint the trachea above its fork, the main bronchi below it, lower still none."""
    if level < 0.34:
        tubes = [((0.0, 8.0), (9.0, 8.0), 0.0)]
    elif level < 0.62:
        apart = 10 + 60 * (level - 0.34)
        tubes = [((s * apart, 9.0), (10.0, 6.0), 0.45 * s) for s in (-1, 1)]
    else:
        tubes = [((s * 33.0, 13.0), (4.2, 3.6), 0.0) for s in (-1, 1)]
    for centre, axes, turn in tubes:
        near, inside = grid.crop(centre, 16)
        tube = ellipse(near, centre, axes, turn=turn)
        wall = blend(hu[inside], WALL_HU, near.fill(tube - 1.6))
        hu[inside] = blend(wall, LUMEN_HU, near.fill(tube))
