"""Drawing one synthetic patient: the same numbers always give the same pictures."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from hilum.sources.phantom.body import Body, draw_body, draw_level
from hilum.sources.phantom.chance import Purpose, stream
from hilum.sources.phantom.cohort import PhantomPatient
from hilum.sources.phantom.lesions import Disease, Painted, draw_disease, paint_disease
from hilum.sources.phantom.scanner import SCANNERS, draw_view, take_picture
from hilum.sources.phantom.settings import PhantomSettings
from hilum.sources.phantom.shapes import Grid
from hilum.sources.phantom.tissue import Tissue, paint_tissue

__all__ = ["Drawn", "draw_patient"]


@dataclass(frozen=True)
class Drawn:
    """One drawn slice: picture (uint8), tumour mask (bool) or None, and the disease or None.

    A tumour of no contrast (`lesions` of 0) has its mask too: where it would be seen.
    """

    picture: npt.NDArray[np.uint8]
    mask: npt.NDArray[np.bool_] | None
    disease: Disease | None


def draw_patient(settings: PhantomSettings, who: PhantomPatient) -> list[Drawn]:
    """Draw all slices of one synthetic patient, top to bottom."""
    seed, number, scanner = settings.seed, who.number, SCANNERS[who.scanner]
    body = draw_body(stream(seed, Purpose.BODY, number))
    disease = draw_disease(who.label, stream(seed, Purpose.LESION, number))
    if settings.lesions == 0 and disease is not None and not disease.millimetres:
        disease = None  # a tumour keeps its place unseen, so that maps can be held against it
    view = draw_view(scanner, stream(seed, Purpose.SCANNER, number))
    grid = Grid(settings.size, view.field_mm, view.x_mm, view.y_mm)
    tissues = _paint_all(settings, number, body, grid)
    shared_depth = np.minimum.reduce([tissue.depth for tissue in tissues])
    drawn = []
    for index, tissue in enumerate(tissues):
        painted = Painted(tissue.hu, None)
        if disease is not None:
            rng = stream(seed, Purpose.LESION, number, index + 1)
            tissue = replace(tissue, depth=shared_depth)  # the lesion keeps its place
            painted = paint_disease(tissue, disease, strength=settings.lesions, rng=rng)
        noise = stream(seed, Purpose.NOISE, number, index)
        drawn.append(Drawn(take_picture(painted.hu, scanner, grid, noise), painted.mask, disease))
    return drawn


def _paint_all(settings: PhantomSettings, number: int, body: Body, grid: Grid) -> list[Tissue]:
    """Paint the slices of one patient without lesions, top to bottom."""
    tissues = []
    for index in range(settings.slices_per_patient):
        rng = stream(settings.seed, Purpose.TISSUE, number, index)
        level = draw_level(rng, index, settings.slices_per_patient)
        tissues.append(paint_tissue(body, level, grid, rng))
    return tissues
