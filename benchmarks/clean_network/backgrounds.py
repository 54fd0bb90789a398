"""Clean slices to draw annotations on: sets whose terms allow sharing, shown in many ways.

Medical Segmentation Decathlon, Task06 Lung (CC BY-SA 4.0) through slices.csv; chest CT in DICOM
(Lung-PET-CT-Dx, CC BY 4.0); and hilum's own phantoms.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from clutter import add_clutter
from strokes import Sides

from hilum.readers import Window, apply_window, read_slice
from hilum.sources.phantom.body import draw_body, draw_level
from hilum.sources.phantom.shapes import Grid
from hilum.sources.phantom.tissue import paint_tissue
from hilum.table import read_table

__all__ = ["Pool", "draw_background", "load_pool"]

Grey = npt.NDArray[np.float32]

PHANTOMS, PHANTOM_SIDE = 150, 384
LEAST_WIDTH, MOST_WIDTH = 0.75, 1.9
"""Width of the body, in widths of the patch: from a whole slice, as articles cut it, to a lung."""

FLESH, BRIGHT = -300.0, 76.0
"""Hounsfield units, and grey level of a lung window, above which a pixel belongs to the body."""

FLAT = 245.0
"""Grey level of a lung window above which soft tissue is all white."""


@dataclass(frozen=True)
class Slice:
    """A slice, float32 or uint8, and where the body is: left, top, width, height in pixels."""

    pixels: npt.NDArray[np.generic]
    body: tuple[int, int, int, int]


@dataclass(frozen=True)
class Pool:
    """Slices: `pictures` as 8-bit grey levels; `phantoms` and `volumes` in Hounsfield units."""

    pictures: list[Slice]
    phantoms: list[Slice]
    volumes: list[Slice]


def load_pool(msd: Path, dicom: Path | None) -> Pool:
    """Read all slices into memory."""
    pictures = [_found(read_slice(path).grey, BRIGHT) for path in read_table(msd).paths()]
    phantoms = [_found(_phantom(number), FLESH) for number in range(PHANTOMS)]
    volumes = []
    for path in sorted(dicom.rglob("*.dcm")) if dicom else []:
        image = read_slice(path)
        if image.hu is not None:
            volumes.append(_found(image.hu.astype(np.float32), FLESH))
    return Pool(pictures, phantoms, volumes)


def _found(pixels: npt.NDArray[np.generic], level: float) -> Slice:
    """Find the body: the largest part brighter than a level."""
    bright = (np.asarray(pixels) > level).astype(np.uint8)
    _, _, boxes, _ = cv2.connectedComponentsWithStats(bright)
    left, top, width, height, _ = max(boxes[1:], key=lambda box: box[cv2.CC_STAT_AREA])
    return Slice(pixels, (int(left), int(top), int(width), int(height)))


def _phantom(number: int) -> Grey:
    """Paint a phantom in Hounsfield units, with the noise of a scanner."""
    rng = np.random.default_rng((7, number))
    level = draw_level(rng, number % 3, 3)
    grid = Grid(PHANTOM_SIDE, rng.uniform(340, 400), 0.0, 0.0)
    hu = paint_tissue(draw_body(rng), level, grid, rng).hu.astype(np.float32)
    noise = cv2.GaussianBlur(rng.normal(0, 1, hu.shape).astype(np.float32), (0, 0), 0.7)
    blurred = cv2.GaussianBlur(hu, (0, 0), rng.uniform(0.3, 0.9))
    return np.asarray(blurred + noise * rng.uniform(10, 60), dtype=np.float32)


def draw_background(pool: Pool, sides: Sides, rng: np.random.Generator) -> Grey:
    """Return a picture of so many rows and columns, float32, 0 to 255, without annotations."""
    kind = rng.choice(3, p=(0.5, 0.34, 0.16) if pool.volumes else (0.7, 0.0, 0.3))
    chosen = (pool.pictures, pool.volumes, pool.phantoms)[kind]
    picture = _crop(chosen[rng.integers(len(chosen))], sides, rng)
    if kind == 0 and rng.random() < 0.4:
        picture = _fleshed(picture, rng)
    if kind:
        picture = apply_window(picture, _window(rng)).astype(np.float32)
    if rng.random() < 0.6:
        picture = add_clutter(picture, rng)
    return _shown(picture, rng)


def _window(rng: np.random.Generator) -> Window:
    """Draw a window as articles show them: lung, mediastinal, or something between."""
    kind = rng.random()
    if kind < 0.35:
        return Window(float(rng.uniform(900, 2000)), float(rng.uniform(-750, -400)))
    if kind < 0.55:  # bones stand out from soft tissue
        return Window(float(rng.uniform(1400, 3000)), float(rng.uniform(-500, 150)))
    return Window(float(rng.uniform(250, 700)), float(rng.uniform(0, 120)))


def _fleshed(picture: Grey, rng: np.random.Generator) -> Grey:
    """Give soft tissue that a lung window shows all white the greys of a wider one."""
    body = cv2.GaussianBlur((picture > FLAT).astype(np.float32), (0, 0), 0.6)
    rough = rng.normal(0, 1, (2, *picture.shape)).astype(np.float32)
    coarse, grain = rng.uniform((2, 0.4), (9, 1.0))
    broad, fine = (cv2.GaussianBlur(rough[0], (0, 0), coarse),
                   cv2.GaussianBlur(rough[1], (0, 0), grain))  # fmt: skip
    level = rng.uniform(130, 215) + rng.uniform(0, 26) * broad / broad.std()
    level += rng.uniform(0, 12) * fine / fine.std()
    return np.asarray(picture * (1 - body) * rng.uniform(0.7, 1) + body * level, dtype=np.float32)


def _crop(chosen: Slice, sides: Sides, rng: np.random.Generator) -> Grey:
    """Cut a piece with the body in it out, or of the body, and bring it to `sides`."""
    left, top, width, height = chosen.body
    wide = float(np.exp(rng.uniform(np.log(LEAST_WIDTH), np.log(MOST_WIDTH)))) * sides[1]
    zoom = wide / width
    rows, columns = (max(8, round(side / zoom)) for side in sides)
    y, x = _start(top, height, rows, rng), _start(left, width, columns, rng)
    beyond = max(0, -y, -x, y + rows - chosen.pixels.shape[0], x + columns - chosen.pixels.shape[1])
    around = np.pad(chosen.pixels, beyond, constant_values=np.min(chosen.pixels))
    cut = around[y + beyond : y + beyond + rows, x + beyond : x + beyond + columns]
    interpolation = (
        cv2.INTER_AREA if zoom < 1 else (cv2.INTER_CUBIC, cv2.INTER_LINEAR)[rng.integers(2)]
    )
    scaled = cv2.resize(cut.astype(np.float32), sides[::-1], interpolation=interpolation)
    return np.ascontiguousarray(scaled[:, ::-1] if rng.random() < 0.5 else scaled)


def _start(first: int, length: int, shown: int, rng: np.random.Generator) -> int:
    """Return where a cut of a length begins: within the body, or around it where that is less."""
    low, high = sorted((first, first + length - shown))
    return int(rng.integers(low, high + 1))


def _shown(picture: Grey, rng: np.random.Generator) -> Grey:
    """Change tone, sharpness and noise, as scanners, journals and scaling do."""
    x = np.clip(picture / 255, 0, 1) ** np.float32(np.exp(rng.normal(0, 0.3)))
    low, high = rng.uniform(0, 50) * (rng.random() < 0.4), rng.uniform(150, 256)
    if rng.random() < 0.3:
        high = rng.uniform(256, 420)  # too bright: soft tissue runs into white
    x = low + (high - low) * x
    if rng.random() < 0.5:
        x = x + rng.uniform(0.2, 1.8) * (x - cv2.GaussianBlur(x, (0, 0), rng.uniform(0.7, 1.8)))
    if rng.random() < 0.6:
        noise = rng.normal(0, 1, x.shape).astype(np.float32)
        noise = cv2.GaussianBlur(noise, (0, 0), rng.uniform(0.3, 1.2))
        x = x + noise / max(float(noise.std()), 1e-3) * rng.uniform(0.5, 9)
    if rng.random() < 0.2:
        x = _line_frame(x, rng)
    return np.clip(x, 0, 255).astype(np.float32)


def _line_frame(x: Grey, rng: np.random.Generator) -> Grey:
    """Draw a line or margin along edges: what cutting a figure leaves, and no annotation."""
    x, level = x.copy(), float(rng.choice((255, 255, 0, 0, 200)))
    widest = 4 if rng.random() < 0.7 else 20
    for side in rng.permutation(4)[: rng.integers(1, 5)]:
        width = int(rng.integers(1, widest))
        (x[:width], x[-width:], x[:, :width], x[:, -width:])[side][...] = level
    return x
