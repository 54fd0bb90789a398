"""The maps of a figure: one run's, of its slices, layers or depths."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from hilum.cam_maps import state_of_maps
from hilum.errors import RunError, UsageError
from hilum.learn.maps import GROUPS, LAST, Explainer, choose_layers
from hilum.learn.predict import Member, load_networks
from hilum.prepare import decode_sizes
from hilum.prepare.harmonise import ShownPart
from hilum.run import Run
from hilum.steps.figure.sheet import Cell
from hilum.steps.figure.slices import Shown

__all__ = ["FigureRun", "MapSettings", "make_cells"]

DEPTHS = {"first convolution": 0.0, "1/4 deep": 0.25, "1/2 deep": 0.5, "3/4 deep": 0.75}
"""Convolutions of a network that are shown in addition to its last one: heading, and share of all
convolutions that run before it."""
LAST_HEADING = "last convolution"


class FigureRun(NamedTuple):
    """A run with its heading and class names."""

    run: Run
    heading: str
    class_names: list[str]


@dataclass(frozen=True)
class MapSettings:
    """How the maps of every network are made; see `hilum.steps.figure.step.FigureOptions`."""

    method: str
    layer: str
    layers: tuple[str, ...]


def make_cells(
    kind: str, one: FigureRun, shown: Shown, *, target: str, settings: MapSettings
) -> list[Cell]:
    """Return the maps of one run.

    Args:
        kind: of the figure.
        one: the run.
        shown: its slices; all kinds but "networks" have one.
        target: the class that the maps are for.
        settings: method and layers.

    Raises:
        UsageError: there is no such method, or the layers of an ensemble are requested.
        RunError: the network has no such layer.
    """
    members, index = load_networks(one.run), one.class_names.index(target)
    (grey, placements), cells = _inputs(one.run, members, shown), []
    for heading, layer in _columns(kind, members, settings).items():
        explainer, problem = _explainer(members, settings.method, layer, may_lack=kind == "depths")
        explained = explainer.explain(grey, index)
        states = (
            [problem] * len(explained.maps) if problem else state_of_maps(explained.maps).tolist()
        )
        for number, name in enumerate(shown.slice_ids):
            cells.append(
                Cell(
                    row=one.heading,
                    column=heading or shown.headings[number],
                    slice_id=name,
                    run=str(one.run.folder),
                    layers=() if problem else explainer.layers,
                    probability=float(explained.probabilities[number, index]),
                    cam_map=explained.maps[number],
                    state=states[number],
                    offset=explainer.offset,
                    part=ShownPart.of_text(placements[number]) if placements[number] else None,
                )
            )
    return cells


def _inputs(
    run: Run, members: list[Member], shown: Shown
) -> tuple[dict[int, npt.NDArray[np.uint8]], list[str]]:
    """Return the slices as the members see them, in the figure's order, and what part it is."""
    sizes, harmonised = {member.size for member in members}, run.description.harmonise
    table, full_table = (
        replace(one, harmonised=harmonised) for one in (shown.table, shown.full_table)
    )
    with decode_sizes(table, sizes, full_table=full_table) as decoded:
        grey = {size: np.array(seen.grey[:]) for size, seen in decoded.items()}
        return grey, next(iter(decoded.values())).placements


def _columns(kind: str, members: list[Member], settings: MapSettings) -> dict[str, str]:
    """Return heading -> layer; the empty heading stands for those of the slices."""
    if kind == "networks":
        return {"": settings.layer}
    if kind == "depths":
        return {name: name for name in GROUPS}
    if settings.layers:
        return {name: name for name in settings.layers}
    if len(members) > 1:
        raise UsageError(
            "an ensemble's members have layers of their own; take one of them (RUN/members/NAME)."
        )
    network, size = members[0].network, members[0].size
    paths = choose_layers(network, "all", size=size).paths
    spread = {heading: paths[int(share * len(paths))] for heading, share in DEPTHS.items()}
    return {**spread, LAST_HEADING: LAST}


def _explainer(
    members: list[Member], method: str, layer: str, *, may_lack: bool
) -> tuple[Explainer, str]:
    """Return the explainer; if an optional layer is missing, one for another layer, with a note."""
    try:
        return Explainer(members, method=method, layer=layer), ""
    except RunError:
        if not may_lack:
            raise
        return Explainer(members, method=method), f"nothing is {layer}"
