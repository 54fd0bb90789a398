"""Slices with known lungs, in Hounsfield units: Medical Segmentation Decathlon, and phantoms."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from truth import lungs_by_hu

from hilum.readers import read_slice
from hilum.sources.phantom.body import draw_body, draw_level
from hilum.sources.phantom.shapes import Grid
from hilum.sources.phantom.tissue import paint_tissue
from hilum.storage.path_text import path_of_text
from hilum.table import read_table

__all__ = ["Chest", "load_phantoms", "load_slices"]

WIDTH, CENTRE = 1400.0, -700.0
"""The window that the slices of msd-lung were rendered with."""
PHANTOMS, PHANTOM_SIDE = 160, 176
DRAWN_SIDE = 176
"""Pixels to which slices are reduced before they are drawn on: the network sees fewer."""
HELD_OUT = 8
"""Every n-th patient is kept for checking."""


@dataclass(frozen=True)
class Chest:
    """A slice in HU (float32; above 0 all the same where `saturated`), and its lungs (bool)."""

    hu: npt.NDArray[np.float32]
    lungs: npt.NDArray[np.bool_]
    saturated: bool


def load_slices(table: Path) -> tuple[list[Chest], list[Chest]]:
    """Return the slices of msd-lung to learn from, and those of other patients to check by."""
    slices = read_table(table)
    groups = {group: number for number, group in enumerate(sorted(set(slices.rows["group"])))}
    learnt, checked = [], []
    for row, path in enumerate(slices.paths()):
        grey = read_slice(path).grey.astype(np.float32)
        hu = CENTRE - WIDTH / 2 + grey / 255 * WIDTH
        mask = slices.rows["mask"].iloc[row]
        lesion = read_slice(slices.folder / path_of_text(mask)).grey > 0 if mask else None
        chest = _reduced(hu, lungs_by_hu(hu, lesion))
        if chest.lungs.mean() < 0.02:
            continue
        held_out = groups[slices.rows["group"].iloc[row]] % HELD_OUT == 0
        (checked if held_out else learnt).append(chest)
    return learnt, checked


def _reduced(hu: npt.NDArray[np.float32], lungs: npt.NDArray[np.bool_]) -> Chest:
    """Return a slice of msd-lung at the size at which it is drawn on."""
    sides = (DRAWN_SIDE, DRAWN_SIDE)
    small = cv2.resize(hu, sides, interpolation=cv2.INTER_AREA)
    share = cv2.resize(lungs.astype(np.float32), sides, interpolation=cv2.INTER_AREA)
    return Chest(small, share > 0.5, saturated=True)


def load_phantoms() -> list[Chest]:
    """Return phantoms without lesions, in HU, with the noise of a scanner."""
    return [_phantom(number) for number in range(PHANTOMS)]


def _phantom(number: int) -> Chest:
    rng = np.random.default_rng((11, number))
    level = draw_level(rng, number % 4, 4)
    grid = Grid(PHANTOM_SIDE, float(rng.uniform(340, 420)), 0.0, 0.0)
    tissue = paint_tissue(draw_body(rng), level, grid, rng)
    noise = cv2.GaussianBlur(rng.normal(0, 1, tissue.hu.shape).astype(np.float32), (0, 0), 0.7)
    hu = tissue.hu + noise * np.float32(rng.uniform(10, 50))
    return Chest(np.asarray(hu, np.float32), tissue.lung > 0.5, saturated=False)
