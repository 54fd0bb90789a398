"""A synthetic patient from neck to abdomen: slices in Hounsfield units, by two kernels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from hilum.readers.window import LUNG
from hilum.sources.phantom.body import HIGHEST_LEVEL, LOWEST_LEVEL, Body, draw_body
from hilum.sources.phantom.chance import Purpose, stream
from hilum.sources.phantom.cohort import PhantomPatient
from hilum.sources.phantom.lesions import Disease, Painted, draw_disease, paint_disease
from hilum.sources.phantom.scanner import Scanner, scan
from hilum.sources.phantom.settings import PhantomSettings
from hilum.sources.phantom.shapes import Field, Grid, blend, ellipse, join, noise_field
from hilum.sources.phantom.tissue import Tissue, paint_tissue

__all__ = ["KERNELS", "VolumeSlice", "draw_volume", "slice_distance"]

KERNELS = {
    "LUNG": Scanner("sharp", LUNG, 375.0, 40.0, 0.45, 0.35, 95, couch=True),
    "SOFT": Scanner("smooth", LUNG, 375.0, 12.0, 0.9, 0.9, 95, couch=True),
}
"""Convolution Kernel -> what it does to noise and edges."""

TOP_LEVEL, BOTTOM_LEVEL = -0.4, 1.35
"""Levels of the first and last slice: above the apices, below the lungs."""
APEX_LEVEL, BASE_LEVEL = -0.25, 1.2
"""Levels at which the lungs end."""
LENGTH_MM = 320.0
"""From the first to the last slice."""
FILLER_HU = 58.0
"""Neck muscles and liver, where the lungs have ended."""
PNEUMONIA_MM = 45.0
"""Half of the height of a pneumonia."""


@dataclass(frozen=True)
class VolumeSlice:
    """One slice of a volume.

    Attributes:
        hu: kernel -> (size, size) float32.
        mask: of a tumour, (size, size) bool; None where it shows none.
        lung_share: share of the slice that is lung, 0 to 1.
        diseased: whether it shows the disease.
    """

    hu: dict[str, Field]
    mask: npt.NDArray[np.bool_] | None
    lung_share: float
    diseased: bool


def slice_distance(count: int) -> float:
    """Return the millimetres between the slices of a volume of `count` slices."""
    return LENGTH_MM / count


def draw_volume(
    settings: PhantomSettings, who: PhantomPatient, count: int
) -> Iterator[VolumeSlice]:
    """Yield the slices of one synthetic patient from head to feet.

    Args:
        settings: size, seed and strength of the lesions.
        who: the patient.
        count: of slices, evenly spaced.
    """
    seed, number = settings.seed, who.number
    body = draw_body(stream(seed, Purpose.BODY, number))
    disease = draw_disease(who.label, stream(seed, Purpose.LESION, number))
    grid = Grid(settings.size, KERNELS["LUNG"].field_mm)
    spread = _spread(disease, stream(seed, Purpose.LESION, number, 0), count)
    depth = None
    if spread:
        tissues = (_tissue(settings, number, body, grid, index, count) for index in spread)
        depth = np.minimum.reduce([tissue.depth for tissue in tissues])
    for index in range(count):
        tissue = _tissue(settings, number, body, grid, index, count)
        painted = Painted(tissue.hu, None)
        if disease is not None and depth is not None and index in spread:
            rng = stream(seed, Purpose.LESION, number, index + 1)
            shown = replace(disease, millimetres=disease.millimetres * spread[index])
            painted = paint_disease(
                replace(tissue, depth=depth), shown, strength=settings.lesions, rng=rng
            )
        seen = {}
        for kernel, scanner in KERNELS.items():
            seen[kernel] = scan(
                painted.hu, scanner, grid, stream(seed, Purpose.NOISE, number, index)
            )
        yield VolumeSlice(seen, painted.mask, float(tissue.lung.mean()), index in spread)


def _spread(disease: Disease | None, rng: np.random.Generator, count: int) -> dict[int, float]:
    """Return the slices that show a disease, and the share of its diameter that each shows."""
    if disease is None:
        return {}
    distance = slice_distance(count)
    half = disease.millimetres / 2 or PNEUMONIA_MM
    middle = float(rng.uniform(0.3, 0.6)) * LENGTH_MM
    found = {}
    for index in range(count):
        away = abs((index + 0.5) * distance - middle) / half
        if away < 1:
            found[index] = float(np.sqrt(1 - away**2)) if disease.millimetres else 1.0
    return found or {int(middle / distance): 1.0}


def _tissue(
    settings: PhantomSettings, number: int, body: Body, grid: Grid, index: int, count: int
) -> Tissue:
    """Paint one slice without a lesion; the lungs narrow towards apex and base."""
    level = TOP_LEVEL + (BOTTOM_LEVEL - TOP_LEVEL) * (index + 0.5) / count
    rng = stream(settings.seed, Purpose.TISSUE, number, index)
    tissue = paint_tissue(body, float(np.clip(level, HIGHEST_LEVEL, LOWEST_LEVEL)), grid, rng)
    end, last = (APEX_LEVEL, HIGHEST_LEVEL) if level < 0.5 else (BASE_LEVEL, LOWEST_LEVEL)
    beyond = (level - last) / (end - last)
    if beyond <= 0:
        return tissue
    width = float(np.sqrt(max(0.0, 1 - beyond**2)))
    sides = [
        ellipse(grid, (sign * 0.52 * body.width, 0), (0.5 * body.width * width + 1e-3,
                                                      0.95 * body.depth * width + 1e-3))
        for sign in (-1, 1)
    ]  # fmt: skip
    inside = grid.fill(join(sides[0], sides[1], 1.0)) if width > 0 else np.zeros_like(tissue.lung)
    filler = FILLER_HU + 8 * noise_field(rng, grid, length_mm=6)
    hu = blend(tissue.hu, filler, tissue.lung * (1 - inside))
    lung = np.asarray(tissue.lung * inside, dtype=np.float32)
    return replace(tissue, hu=hu, lung=lung)
