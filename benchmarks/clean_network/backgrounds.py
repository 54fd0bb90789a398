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

from hilum.readers import Window, apply_window, read_slice
from hilum.sources.phantom.body import draw_body, draw_level
from hilum.sources.phantom.shapes import Grid
from hilum.sources.phantom.tissue import paint_tissue
from hilum.table import read_table

__all__ = ["Pool", "draw_background", "load_pool"]

Grey = npt.NDArray[np.float32]

PHANTOMS, PHANTOM_SIDE = 150, 384
LEAST_ZOOM, MOST_ZOOM = 0.75, 2.2
"""Pixels shown for one of a 256-pixel slice: from a small whole slice to a cropped lung."""


@dataclass(frozen=True)
class Pool:
    """Slices: `pictures` uint8; `phantoms` and `volumes` float32 in Hounsfield units."""

    pictures: list[npt.NDArray[np.uint8]]
    phantoms: list[Grey]
    volumes: list[Grey]


def load_pool(msd: Path, dicom: Path | None, groups: int | None = None) -> Pool:
    """Read all slices into memory; `groups` keeps only the first so many groups (for trials)."""
    table = read_table(msd)
    names = sorted(table.rows["group"].unique())[:groups]
    pictures = [
        read_slice(path).grey
        for path, group in zip(table.paths(), table.rows["group"], strict=True)
        if group in names
    ]
    phantoms = [_phantom(number) for number in range(PHANTOMS)]
    volumes = []
    for path in sorted(dicom.rglob("*.dcm")) if dicom else []:
        image = read_slice(path)
        if image.hu is not None:
            volumes.append(image.hu.astype(np.float32))
    return Pool(pictures, phantoms, volumes)


def _phantom(number: int) -> Grey:
    """Paint a phantom in Hounsfield units, with the noise of a scanner."""
    rng = np.random.default_rng((7, number))
    level = draw_level(rng, number % 3, 3)
    grid = Grid(PHANTOM_SIDE, rng.uniform(340, 400), 0.0, 0.0)
    hu = paint_tissue(draw_body(rng), level, grid, rng).hu.astype(np.float32)
    noise = cv2.GaussianBlur(rng.normal(0, 1, hu.shape).astype(np.float32), (0, 0), 0.7)
    blurred = cv2.GaussianBlur(hu, (0, 0), rng.uniform(0.3, 0.9))
    return np.asarray(blurred + noise * rng.uniform(10, 60), dtype=np.float32)


def draw_background(pool: Pool, size: int, rng: np.random.Generator) -> Grey:
    """Return a square of `size` or less, float32, 0 to 255, without annotations."""
    kind = rng.choice(3, p=(0.5, 0.34, 0.16) if pool.volumes else (0.7, 0.0, 0.3))
    if kind == 0:
        picture = _crop(pool.pictures[rng.integers(len(pool.pictures))], size, rng, 256)
    else:
        chosen, side = ((pool.volumes, 512), (pool.phantoms, PHANTOM_SIDE))[kind - 1]
        hu = _crop(chosen[rng.integers(len(chosen))], size, rng, side)
        picture = apply_window(hu, _window(rng)).astype(np.float32)
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


def _crop(picture: npt.NDArray[np.generic], size: int, rng: np.random.Generator, side: int) -> Grey:
    """Cut a square out and bring it to `size`, or less where the whole slice has no more."""
    zoom = float(np.exp(rng.uniform(np.log(LEAST_ZOOM), np.log(MOST_ZOOM)))) * 256 / side
    want = min(round(size / zoom), *picture.shape)
    top = int(rng.integers(picture.shape[0] - want + 1))
    left = int(rng.integers(picture.shape[1] - want + 1))
    cut = picture[top : top + want, left : left + want].astype(np.float32)
    shown = min(size, round(want * zoom))
    how = cv2.INTER_AREA if want > shown else (cv2.INTER_CUBIC, cv2.INTER_LINEAR)[rng.integers(2)]
    cut = cv2.resize(cut, (shown, shown), interpolation=how)
    return np.ascontiguousarray(cut[:, ::-1] if rng.random() < 0.5 else cut)


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
