"""Maps and their controls compared with lesions, one slice at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from hilum.cam_maps import (
    in_slice_pixels,
    read_index,
    read_maps,
    read_maps_facts,
    shown_parts,
)
from hilum.prepare import Decoded
from hilum.prepare.harmonise import ShownPart
from hilum.prepare.lesions import lesion_regions
from hilum.scores.localisation import (
    HOT,
    LEVELS,
    NETWORK,
    Found,
    Map,
    Region,
    centre_prior,
    edge_map,
    find,
    lesion_prior,
)
from hilum.table import SliceTable, read_row

__all__ = ["UNCHOSEN", "Levels", "Measured", "choose_levels", "learn_prior", "measure"]

SHAPES_KEPT = 8
"""Centre priors in memory: slices of one table have few shapes."""
UNCHOSEN = round(HOT * LEVELS) - 1
"""The threshold where validation has no lesions to choose it by: that of the hot region."""

Levels = dict[tuple[str, str], int]
"""Kind of region and map -> index of the threshold that `iou` is measured at; kinds without
validation lesions are missing."""


class Measured(NamedTuple):
    """One slice's maps compared with one of its regions.

    Attributes:
        row: of the table, 0-based.
        kind: of the region, see `hilum.prepare.lesions.REGIONS`.
        region: (rows, columns).
        found: of the network and of each control that is a map.
    """

    row: int
    kind: str
    region: Region
    found: dict[str, Found]


def measure(
    table: SliceTable, folders: Mapping[str, Path], prior: Map | None
) -> Iterator[Measured]:
    """Yield the measurements of each slice's maps, for each of its regions.

    Args:
        table: slices with lesions.
        folders: maps folders that hold these slices: the network's, and those of controls; none
            where the table is empty.
        prior: of `learn_prior`, or None.
    """
    if not len(table):  # nothing was explained, so that there are no folders
        return
    ids = table.rows["slice_id"].tolist()
    streams = [read_maps(folder, slice_ids=ids, raw=True) for folder in folders.values()]
    offsets = {name: read_maps_facts(folder).offset for name, folder in folders.items()}
    parts = _parts(table, folders[NETWORK])
    for row, of_slice in enumerate(zip(*streams, strict=True)):
        raw = dict(zip(folders, (cam_map for _, cam_map in of_slice), strict=True))
        grey = _grey(table, row)
        shape = (grey.shape[0], grey.shape[1])
        placed = {
            name: in_slice_pixels(raw[name], shape, offsets[name], parts[row]) for name in raw
        }
        cells = raw[NETWORK].shape
        maps = placed | _controls(grey, (cells[0], cells[1]), prior)
        for kind, region in lesion_regions(table, row, shape).items():
            found = {name: find(cam_map, region) for name, cam_map in maps.items()}
            yield Measured(row, kind, region, found)


def _parts(table: SliceTable, folder: Path) -> list[ShownPart | None]:
    """Return which part of each slice the networks got; None for all of it."""
    if not table.harmonised:
        return [None] * len(table)
    index = read_index(folder).set_index("slice_id").loc[table.rows["slice_id"]]
    return shown_parts(index)


def _controls(
    grey: npt.NDArray[np.uint8], cells: tuple[int, int], prior: Map | None
) -> dict[str, Map]:
    """Return the control maps that need no network: the priors, and the slice's edges."""
    shape = (grey.shape[0], grey.shape[1])
    maps = {"centre_prior": _centre_prior(shape)}
    if prior is not None:
        maps["lesion_prior"] = in_slice_pixels(prior, shape)
    return {**maps, "edges": edge_map(grey, cells)}


_centre_prior = lru_cache(SHAPES_KEPT)(centre_prior)


def _grey(table: SliceTable, row: int) -> npt.NDArray[np.uint8]:
    """Return a slice as grey levels."""
    return read_row(table, row).grey


def learn_prior(table: SliceTable, decoded: Decoded) -> Map | None:
    """Return the prior of lesion positions from training slices, see `lesion_prior`.

    A slice's mask is taken where it has one, else its boxes.

    Args:
        table: training slices with lesions.
        decoded: the same slices, which know their shapes.
    """

    def places() -> Iterator[tuple[str, Region]]:
        for row, group in enumerate(table.rows["group"]):
            shape = decoded.shapes[row]
            regions = lesion_regions(table, row, (int(shape[0]), int(shape[1])))
            for region in list(regions.values())[-1:]:
                yield group, region

    return lesion_prior(places())


def choose_levels(measured: Iterable[Measured]) -> Levels:
    """Return for each kind of region and map the threshold of the greatest mean overlap.

    The lowest of equal ones.

    Args:
        measured: of validation slices.
    """
    sums: dict[tuple[str, str], npt.NDArray[np.float64]] = {}
    for one in measured:
        for name, found in one.found.items():
            key = (one.kind, name)
            sums[key] = sums.get(key, np.zeros(LEVELS)) + found.overlap
    return {key: int(total.argmax()) for key, total in sums.items()}
