"""How a body becomes a picture: the synthetic sources, each with its own way of showing it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from hilum.readers.window import LUNG, Window, apply_window
from hilum.sources.phantom.shapes import Field, Grid

__all__ = ["SCANNERS", "Scanner", "View", "draw_view", "scan", "take_picture"]

PADDING_HU = -3000.0
"""Outside the reconstructed circle scanners store a value below air, black in any window."""

BODY_HU = -500.0
"""Whatever is denser is the patient's body: halfway between air and soft tissue."""

COUCH_GAP_MM, COUCH_CURVE_MM, COUCH_DEEP_MM = 2.0, 1000.0, 24.0
"""Couch: distance to the back, radius of its curve, distance of its lower shell."""


@dataclass(frozen=True)
class Scanner:
    """One source.

    Attributes:
        name: what the column `source` says.
        window: the window the picture is rendered with.
        field_mm: side of the field of view.
        noise_hu: standard deviation of the noise.
        grain: its correlation length in pixels of a 256-pixel slice.
        blur: standard deviation of the resolution loss, in the same pixels.
        quality: JPEG quality that the picture went through.
        margin: black frame, as a share of the side.
        circle: whether everything outside the inscribed circle is black.
        couch: whether the couch is in sight.
    """

    name: str
    window: Window
    field_mm: float
    noise_hu: float
    grain: float
    blur: float
    quality: int
    margin: float = 0.0
    circle: bool = False
    couch: bool = False


SCANNERS = (
    Scanner("phantom-a", LUNG, 375.0, 24.0, 0.6, 0.45, 95, couch=True),
    Scanner("phantom-b", Window(1500.0, -600.0), 350.0, 38.0, 0.45, 0.35, 85),
    Scanner("phantom-c", Window(2000.0, -500.0), 395.0, 14.0, 0.9, 0.85, 75, circle=True),
    Scanner("phantom-d", Window(1200.0, -600.0), 365.0, 30.0, 0.7, 0.6, 60, margin=0.025),
)
"""The sources; air alone looks different through each of their windows and frames."""


@dataclass(frozen=True)
class View:
    """The field of view of one patient: side in mm, and where its centre lies (x, y in mm)."""

    field_mm: float
    x_mm: float
    y_mm: float


def draw_view(scanner: Scanner, rng: np.random.Generator) -> View:
    """Draw how one patient lies in the scanner's field of view."""
    zoom, x, y = rng.uniform(0.97, 1.03), rng.normal(0, 3), rng.normal(0, 3)
    return View(scanner.field_mm * zoom, x, y)


def take_picture(
    hu: Field, scanner: Scanner, grid: Grid, rng: np.random.Generator
) -> npt.NDArray[np.uint8]:
    """Return the picture (uint8, same shape) that the scanner makes of the slice `hu`."""
    size = grid.size
    seen = scan(hu, scanner, grid, rng)
    if scanner.circle:
        axis = np.arange(size, dtype=np.float32) - (size - 1) / 2
        seen[axis[:, None] ** 2 + axis**2 > (size / 2) ** 2] = PADDING_HU
    grey = apply_window(seen, scanner.window)
    margin = round(scanner.margin * size)
    if margin:
        framed = np.zeros_like(grey)
        framed[margin:-margin, margin:-margin] = grey[margin:-margin, margin:-margin]
        grey = framed
    _, code = cv2.imencode(".jpg", grey, [cv2.IMWRITE_JPEG_QUALITY, scanner.quality])
    return np.asarray(cv2.imdecode(code, cv2.IMREAD_GRAYSCALE), dtype=np.uint8)


def scan(hu: Field, scanner: Scanner, grid: Grid, rng: np.random.Generator) -> Field:
    """Return the slice in Hounsfield units as the scanner sees it: couch, blur and noise."""
    scale = grid.size / 256
    if scanner.couch:
        hu = _with_couch(hu, grid)
    seen = cv2.GaussianBlur(hu, (0, 0), scanner.blur * scale)
    noise = rng.standard_normal(hu.shape, dtype=np.float32)
    noise = cv2.GaussianBlur(noise, (0, 0), scanner.grain * scale)
    return np.asarray(seen + noise * np.float32(scanner.noise_hu / noise.std()), dtype=np.float32)


def _with_couch(hu: Field, grid: Grid) -> Field:
    """Return `hu` with two thin curved shells under the body."""
    back = int(np.flatnonzero((hu > BODY_HU).any(axis=1))[-1])
    upper = grid.y - grid.y[back] - np.float32(COUCH_GAP_MM)
    upper = upper + (grid.x**2) * np.float32(0.5 / COUCH_CURVE_MM)
    shells = grid.fill(np.abs(upper - 1) - 1) + 0.7 * grid.fill(np.abs(upper - COUCH_DEEP_MM) - 0.8)
    return np.asarray(hu + shells * np.where(hu > BODY_HU, 0, 850), dtype=np.float32)
