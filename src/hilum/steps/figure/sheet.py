"""From maps to the sheet of a figure: arrangement, colour scale and captions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hilum.cam_maps import CENTRED, LOGITS, in_slice_pixels
from hilum.prepare.harmonise import ShownPart
from hilum.report.maps.sheet import Panel, Sheet
from hilum.report.numbers import fixed
from hilum.steps.figure.slices import Shown

__all__ = ["Cell", "FigureStyle", "as_sheet"]

PER_AREA = "logits, were the whole slice so"
"""Unit of maps on a common scale: a value per pixel counts for more the fewer pixels a map has."""


@dataclass(frozen=True)
class Cell:
    """One map of a figure.

    Attributes:
        row, column: headings.
        slice_id, run: whose map.
        layers: the explained layers of the network.
        probability: of the target.
        cam_map: (rows, columns) float32, raw.
        state: "ok", "zero map", "not finite", or why there is none.
        offset: of the map, see `hilum.cam_maps.in_slice_pixels`.
        part: of the slice that the network got, where it was harmonised.
    """

    row: str
    column: str
    slice_id: str
    run: str
    layers: tuple[str, ...]
    probability: float
    cam_map: npt.NDArray[np.float32]
    state: str
    offset: tuple[float, float] = CENTRED
    part: ShownPart | None = None

    @property
    def largest(self) -> float:
        """The map's largest value; 0 where there is nothing to paint."""
        return float(self.cam_map.max()) if self.state == "ok" else 0.0


@dataclass(frozen=True)
class FigureStyle:
    """How a figure's maps are painted and spoken of.

    Attributes:
        kind: "networks": columns are slices; else all maps are of one slice.
        shared: one colour scale.
        unit: of the maps' values.
        title: method, target and layer, in words.
        target: class.
    """

    kind: str
    shared: bool
    unit: str
    title: str
    target: str

    def value(self, cell: Cell) -> float:
        """Return a map's largest value on the figure's scale."""
        per_area = self.shared and self.unit == LOGITS
        return cell.largest * cell.cam_map.size if per_area else cell.largest

    @property
    def unit_shown(self) -> str:
        """The unit of `value`."""
        return PER_AREA if self.shared and self.unit == LOGITS else self.unit


def as_sheet(cells: Sequence[Cell], shown: Shown, *, style: FigureStyle) -> Sheet:
    """Return the sheet: networks are its rows, and the slices alone stand in front."""
    rows = list(dict.fromkeys(cell.row for cell in cells))
    columns = list(dict.fromkeys(cell.column for cell in cells))
    top = max(map(style.value, cells), default=0.0)
    slices = dict(zip(shown.slice_ids, zip(shown.grey, shown.boxes, strict=True), strict=True))
    placed = {}
    for cell in cells:
        scale = top if style.shared else style.value(cell)
        share = cell.cam_map * (style.value(cell) / cell.largest / scale) if cell.largest else None
        grey, boxes = slices[cell.slice_id]
        offset = cell.offset
        if cell.part is not None and share is not None:
            shape = (grey.shape[0], grey.shape[1])
            share, offset = in_slice_pixels(share, shape, offset, cell.part), CENTRED
        placed[cell.row, cell.column] = Panel(grey, boxes, share, _lines(cell, style), offset)
    panels = [[placed.get((row, column)) for column in columns] for row in rows]
    alone = [Panel(*one) for one in slices.values()]
    if style.kind == "networks":
        rows, panels = ["slice", *rows], [list(alone), *panels]
    else:
        probabilities = {cell.row: cell.probability for cell in cells}
        rows = [f"{row}\np {fixed(probabilities[row], 2)}" for row in rows]
        columns = [shown.headings[0], *columns]
        panels = [[alone[0] if not number else None, *row] for number, row in enumerate(panels)]
    right = f"{top:.2g} {style.unit_shown}" if style.shared else "the largest value of each map"
    return Sheet(rows, columns, panels, ("0", right), _notes(shown, style))


def _lines(cell: Cell, style: FigureStyle) -> list[str]:
    """Return what stands below a map."""
    value = f"max {style.value(cell):.2g}" if cell.largest else cell.state
    if style.kind == "networks":
        return [f"p {fixed(cell.probability, 2)}", value]
    return [cell.layers[0], value] if style.kind == "layers" else [value]


def _notes(shown: Shown, style: FigureStyle) -> list[str]:
    """Return what must be known to read the figure."""
    green = " Green: the annotated lesion." if any(shown.boxes) else ""
    return [
        f"{style.title}. p: probability of {style.target}; max: the largest value of a map, "
        f"{style.unit_shown}.{green}",
        "Research use only. Not a medical device.",
    ]
