"""Lesions: what one patient's disease looks like, and painting it into a slice."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from hilum.sources.phantom.shapes import Field, Grid, noise_field
from hilum.sources.phantom.tissue import Tissue
from hilum.sources.phantom.vessels import grow_trees, paint_segments

__all__ = [
    "Disease",
    "Painted",
    "draw_disease",
    "draw_spicules",
    "paint_disease",
    "paint_opacities",
]

TUMOUR_HU, CONSOLIDATION_HU, GROUND_GLASS_HU, BRONCHOGRAM_HU = 40.0, 25.0, -520.0, -880.0

MASSES = 0.7
"""Share of the cancers that are a mass of 20 to 40 mm; the others are nodules of 8 to 20 mm."""

LEAST_OPACITY = 0.5
"""A pixel belongs to the mask where the lesion fills at least half of it."""


@dataclass(frozen=True)
class Disease:
    """One patient's disease.

    Attributes:
        kind: mass, nodule, consolidation, ground_glass or mixed.
        millimetres: diameter of the mass or nodule, else 0.
        positions: (n, 2) candidate centres in shares of the trunk, the first that fits is used.
        lobulation: (5, 2) amplitude and phase of the outline.
        spicules: how many.
    """

    kind: str
    millimetres: float
    positions: npt.NDArray[np.float64]
    lobulation: npt.NDArray[np.float64]
    spicules: int


@dataclass(frozen=True)
class Painted:
    """A slice with its lesion: attenuation, and the mask (bool) of a tumour, or None."""

    hu: Field
    mask: npt.NDArray[np.bool_] | None


def draw_disease(label: str, rng: np.random.Generator) -> Disease | None:
    """Draw the disease that `label` stands for; None for `normal`."""
    positions = rng.uniform(-0.78, 0.78, (60, 2))
    waves = np.column_stack([rng.normal(0, 0.055, 5), rng.uniform(0, 6.3, 5)])
    if label == "cancer":
        spicules = int(rng.integers(12, 26))
        if rng.random() < MASSES:
            return Disease("mass", float(rng.uniform(20, 40)), positions, waves, spicules)
        return Disease("nodule", float(rng.uniform(8, 20)), positions, waves, spicules // 2)
    if label == "pneumonia":
        kind = str(rng.choice(["consolidation", "ground_glass", "mixed"], p=[0.4, 0.25, 0.35]))
        return Disease(kind, 0.0, positions, waves, 0)
    return None


def paint_disease(
    tissue: Tissue, disease: Disease, *, strength: float, rng: np.random.Generator
) -> Painted:
    """Return `tissue` with `disease`, its contrast scaled by `strength` (0 to 1)."""
    if disease.millimetres:
        return _paint_tumour(tissue, disease, strength, rng)
    return Painted(paint_opacities(tissue, disease, strength, rng), None)


def _paint_tumour(
    tissue: Tissue, disease: Disease, strength: float, rng: np.random.Generator
) -> Painted:
    grid = tissue.grid
    radius = disease.millimetres / 2 * float(rng.uniform(0.82, 1.0))
    x, y = _choose_position(tissue, disease.positions, room=0.7 * radius)
    dx, dy = grid.x - np.float32(x), grid.y - np.float32(y)
    reach, angle = np.sqrt(dx**2 + dy**2), np.arctan2(dy, dx)
    outline = np.ones_like(angle)
    for order, (amplitude, phase) in enumerate(disease.lobulation, start=2):
        outline += np.float32(amplitude) * np.cos(order * angle + np.float32(phase))
    rough = 1.0 + 0.05 * noise_field(rng, grid, length_mm=7)
    core = grid.fill(reach - radius * outline * rough, soft=1.6)
    halo = np.clip(1.5 - reach / (radius * 1.25), 0, 0.22)
    spikes = paint_segments(grid, draw_spicules(rng, disease.spicules, (x, y), radius))
    share = np.maximum(core, np.maximum(0.75 * spikes, halo)) * tissue.lung
    texture = TUMOUR_HU + 12 * noise_field(rng, grid, length_mm=5)
    hu = tissue.hu + np.float32(strength) * share * (texture - tissue.hu)
    mask = core * tissue.lung >= LEAST_OPACITY
    return Painted(hu.astype(np.float32), mask if mask.any() else None)


def _choose_position(
    tissue: Tissue, positions: npt.NDArray[np.float64], *, room: float
) -> tuple[float, float]:
    """Return the first of `positions` with `room` mm of lung around it, else the roomiest."""
    grid = tissue.grid
    reach = np.array([135.0, 95.0])
    points = positions * reach
    cells = np.clip(np.rint(grid.pixels(points)).astype(int), 0, grid.size - 1)
    depth = tissue.depth[cells[:, 1], cells[:, 0]]
    fits = np.flatnonzero(depth >= room)
    best = int(fits[0]) if fits.size else int(depth.argmax())
    return float(points[best, 0]), float(points[best, 1])


def draw_spicules(
    rng: np.random.Generator, count: int, centre: tuple[float, float], radius: float
) -> npt.NDArray[np.float64]:
    """Draw straight strands that leave a tumour's edge and taper: rows for `paint_segments`.

    Args:
        rng: chance.
        count: how many.
        centre: x, y of the tumour, mm.
        radius: of the tumour, mm.
    """
    angle = rng.uniform(0, 2 * np.pi, count)
    far = radius * rng.uniform(1.25, 1.95, count)
    ray = np.column_stack([np.cos(angle), np.sin(angle)])
    root, rows = 0.7 * radius, []
    for start, stop, width in ((0.0, 0.5, 1.9), (0.5, 0.8, 1.2), (0.8, 1.0, 0.8)):
        ends = [centre + ray * (root + share * (far - root))[:, None] for share in (start, stop)]
        rows.append(np.column_stack([*ends, np.full(count, width)]))
    return np.concatenate(rows)


def paint_opacities(
    tissue: Tissue, disease: Disease, strength: float, rng: np.random.Generator
) -> Field:
    """Return the attenuation of `tissue` with consolidation, ground glass or both.

    Args:
        tissue: a slice without a lesion.
        disease: its kind is consolidation, ground_glass or mixed.
        strength: 0 to 1, by which the contrast is scaled.
        rng: chance.
    """
    grid, hu = tissue.grid, tissue.hu
    glass, solid = _opacities(tissue, disease, rng)
    mottle = GROUND_GLASS_HU + 45 * noise_field(rng, grid, length_mm=5)
    share = np.float32(strength) * tissue.lung
    hu = hu + share * glass * 0.9 * (np.maximum(mottle, hu) - hu)  # vessels stay in sight
    filled = np.maximum(CONSOLIDATION_HU + 12 * noise_field(rng, grid, length_mm=5), hu)
    tubes = _bronchograms(tissue, rng)
    filled = filled + tubes * (BRONCHOGRAM_HU - filled)
    return np.asarray(hu + share * solid * (filled - hu), dtype=np.float32)


def _opacities(tissue: Tissue, disease: Disease, rng: np.random.Generator) -> tuple[Field, Field]:
    """Return the shares of ground glass and of consolidation, in a few ragged patches."""
    grid = tissue.grid
    rugged = noise_field(rng, grid, length_mm=16) + 0.6 * noise_field(rng, grid, length_mm=6)
    glass, solid = np.zeros_like(tissue.hu), np.zeros_like(tissue.hu)
    for patch in range(int(rng.integers(2, 5))):
        positions = np.roll(disease.positions, -7 * patch, axis=0)
        x, y = _choose_position(tissue, positions, room=6.0)
        field = _patch(grid, (x, y), float(rng.uniform(24, 46)), rugged)
        glass = np.maximum(glass, np.clip(1.4 * field + 0.5, 0, 1))
        if disease.kind == "consolidation" or (disease.kind == "mixed" and patch % 2 == 0):
            solid = np.maximum(solid, np.clip(4 * (field - 0.12), 0, 1))
    return glass, solid


def _patch(grid: Grid, centre: tuple[float, float], radius: float, rugged: Field) -> Field:
    """Return a patch: 0 at its ragged edge, up to about 1 inside, negative outside."""
    dx, dy = grid.x - np.float32(centre[0]), grid.y - np.float32(centre[1])
    reach = np.sqrt(dx**2 + dy**2) / np.float32(radius)
    return np.asarray(1 - reach + 0.22 * rugged, dtype=np.float32)


def _bronchograms(tissue: Tissue, rng: np.random.Generator) -> Field:
    """Return air-filled airways, seen only where the lung around them is filled."""
    headings = np.array([-0.4, 0.6, 1.2, 3.5, 2.5, 1.9])
    roots = np.column_stack([38 * np.sign(np.cos(headings)), np.full(6, 8.0)])
    trees = grow_trees(rng, roots, headings=headings, diameters=np.full(6, 4.4), generations=4)
    tubes = paint_segments(tissue.grid, trees)
    return np.asarray(cv2.GaussianBlur(tubes, (0, 0), 0.5), dtype=np.float32)
