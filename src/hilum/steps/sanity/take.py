"""Slices drawn for a check of maps until enough of them have a map."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from hilum.cam_maps import state_of_maps
from hilum.errors import RunError
from hilum.learn.maps import Explainer
from hilum.learn.predict import Member
from hilum.prepare import BATCH, decode_sizes
from hilum.progress import Progress
from hilum.steps.sanity.sample import Ask, Grey, Maps, Sample, draw_slices, on_grid
from hilum.table import SliceTable

__all__ = ["Asked", "asker", "take_slices"]

MOST = 4
"""Times as many slices as are wanted are looked at, at the most, until enough have a map."""
NO_MAP = ("zero map", "not finite")
"""States of a map that there is nothing to see in."""


@dataclass(frozen=True)
class Asked:
    """The run's network and what it is asked.

    Attributes:
        member: the network.
        explainer: the same, asked for maps.
        class_names: in the order of its outputs.
        target: index of the class that all maps are for; None: what the network calls each slice.
    """

    member: Member
    explainer: Explainer
    class_names: list[str]
    target: int | None


def asker(explainer: Explainer, size: int) -> Ask:
    """Return what gives one network's maps of slices for their classes, a batch at a time."""

    def ask(grey: Grey, target: npt.NDArray[np.int64]) -> Maps:
        parts = [slice(first, first + BATCH) for first in range(0, len(grey), BATCH)]
        found = [explainer.explain({size: grey[part]}, target[part]).maps for part in parts]
        return np.concatenate(found)

    return ask


def take_slices(
    asked: Asked,
    table: SliceTable,
    whole: SliceTable,
    *,
    sizes: Collection[int],
    count: int,
    seed: int,
    progress: Progress,
) -> Sample:
    """Return slices that have a map: as many as are wanted, if there are so many.

    Args:
        asked: the network.
        table: the slices to draw from; `whole`: the run's table, which may be decoded already.
        sizes: sides that the slices are needed at, the network's own among them.
        count: how many.
        seed: of the draw.
        progress: told what is going on.

    Raises:
        RunError: there are not two groups whose slices have a map.
    """
    order = draw_slices(table, seed=seed)[: MOST * count]
    parts: list[Sample] = []
    while len(order) and count > sum(map(len, parts)):
        some = np.sort(order[: count - sum(map(len, parts))])
        order = order[len(some) :]
        parts.append(_look_at(asked, table, some, whole, sizes, progress))
    return _joined(parts, asked)


def _look_at(
    asked: Asked,
    table: SliceTable,
    places: npt.NDArray[np.intp],
    whole: SliceTable,
    sizes: Collection[int],
    progress: Progress,
) -> Sample:
    """Return those of some slices that have a map."""
    drawn = np.zeros(len(table), dtype=bool)
    drawn[places] = True
    part = table.where(pd.Series(drawn))
    with decode_sizes(part, sizes, full_table=whole, progress=progress) as decoded:
        sized = {size: seen.grey[np.arange(len(part))] for size, seen in decoded.items()}
    size = asked.member.size
    target, cells = _maps(asked, sized[size])
    rows = part.rows[["slice_id", "group", "label"]]
    rows = rows.assign(target=np.array(asked.class_names, dtype=object)[target])
    states = state_of_maps(cells)
    left_out = {state: int((states == state).sum()) for state in NO_MAP}
    offset = asked.explainer.offset
    maps = on_grid(cells, offset)
    found = Sample(rows, sized, size, target, cells, maps, offset, left_out)
    return found.part(np.flatnonzero(states == "ok"))


def _maps(asked: Asked, grey: Grey) -> tuple[npt.NDArray[np.int64], Maps]:
    """Return the class that is explained of each slice, and its map."""
    said = [
        asked.explainer.explain({asked.member.size: grey[first : first + BATCH]}, asked.target)
        for first in range(0, len(grey), BATCH)
    ]
    return np.concatenate([one.target for one in said]), np.concatenate([o.maps for o in said])


def _joined(parts: list[Sample], asked: Asked) -> Sample:
    """Return the parts as one sample."""
    left_out = {state: sum(part.left_out[state] for part in parts) for state in NO_MAP}
    rows = pd.concat([part.rows for part in parts], ignore_index=True)
    if rows["group"].nunique() < 2:
        told = ", ".join(f"{count} {state}" for state, count in left_out.items() if count)
        raise RunError(
            f"of {len(rows) + sum(left_out.values())} slices drawn only {len(rows)} of "
            f"{rows['group'].nunique()} groups have a map ({told or 'no further ones are there'}), "
            f"and maps of at least two groups are needed; take another target, method or layer."
        )
    first = parts[0]
    sized = {size: np.concatenate([part.sized[size] for part in parts]) for size in first.sized}
    return Sample(
        rows, sized, asked.member.size, np.concatenate([part.target for part in parts]),
        np.concatenate([part.cells for part in parts]),
        np.concatenate([part.maps for part in parts]), first.offset, left_out,
    )  # fmt: skip
