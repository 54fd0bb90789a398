"""The slices that a check of maps uses, drawn until enough have a map, and those maps."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from hilum.cam_maps import in_slice_pixels, state_of_maps
from hilum.errors import RunError
from hilum.learn.maps import Explainer
from hilum.learn.predict import Member
from hilum.prepare import batches, decode_sizes
from hilum.progress import Progress
from hilum.scores.means import mean_estimates
from hilum.scores.similarity import GRID
from hilum.table import SliceTable

__all__ = [
    "CheckResult",
    "Grey",
    "MakeMaps",
    "MapQuery",
    "Maps",
    "Sample",
    "draw_slices",
    "map_maker",
    "on_grid",
    "take_slices",
]

Grey = npt.NDArray[np.uint8]
Maps = npt.NDArray[np.float32]
MakeMaps = Callable[[Grey, npt.NDArray[np.int64]], Maps]
"""From slices (n, size, size) and classes (n,) to maps (n, rows, columns) of one network."""
Values = npt.NDArray[np.float64]

MOST = 4
"""Times as many slices as are wanted are looked at, at the most, until enough have a map."""
NO_MAP = ("zero map", "not finite")
"""States of a map that there is nothing to see in."""


@dataclass(frozen=True)
class Sample:
    """Slices of which the run's network gives a map.

    Attributes:
        rows: `slice_id`, `group`, `label`, `target` of each.
        sized: side -> (n, side, side) uint8, the slices at every size that a network needs.
        size: side that the run's own network sees.
        target: (n,) int64, index of the class that is explained throughout.
        cells: (n, rows, columns) float32, the network's own maps as they come.
        maps: the same on the grid that maps are compared on.
        offset: of the map's pixels, see `hilum.cam_maps.in_slice_pixels`.
        left_out: state -> slices that were drawn and have none: "zero map", "not finite".
    """

    rows: pd.DataFrame
    sized: dict[int, Grey]
    size: int
    target: npt.NDArray[np.int64]
    cells: Maps
    maps: Maps
    offset: tuple[float, float]
    left_out: dict[str, int]

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def grey(self) -> Grey:
        """(n, size, size) uint8, as the run's own network sees them."""
        return self.sized[self.size]

    @property
    def groups(self) -> npt.NDArray[np.object_]:
        """(n,)."""
        return self.rows["group"].to_numpy(dtype=object)

    def estimates(self, values: Mapping[str, Values]) -> dict[str, Any]:
        """Return the mean of each column (n,) with its interval over groups, for sanity.json."""
        columns = np.stack([values[name] for name in values], axis=1)
        labels = self.rows["label"].to_numpy(dtype=object)
        found = mean_estimates(columns, groups=self.groups, labels=labels)
        return {name: figure.as_json() for name, figure in zip(values, found, strict=True)}

    def differences(self, values: Mapping[str, Values]) -> dict[str, Any]:
        """Return the same of paired differences, and in how many `groups` there is any."""
        sums = {
            name: pd.Series(column).groupby(self.groups).sum() for name, column in values.items()
        }
        groups = {name: {"groups": int((own != 0).sum())} for name, own in sums.items()}
        return {name: {**figure, **groups[name]} for name, figure in self.estimates(values).items()}

    def first_of_groups(self, most: int) -> npt.NDArray[np.intp]:
        """Return the indices of at most `most` slices of different groups, labels in turn."""
        once = self.rows.drop_duplicates("group")
        turn = once.groupby("label").cumcount().sort_values(kind="stable")
        return np.sort(turn.index.to_numpy(dtype=np.intp)[:most])

    def part(self, indices: npt.NDArray[np.intp]) -> Sample:
        """Return the sample of the slices at these indices."""
        return Sample(
            self.rows.iloc[indices].reset_index(drop=True),
            {size: grey[indices] for size, grey in self.sized.items()}, self.size,
            self.target[indices], self.cells[indices], self.maps[indices], self.offset,
            self.left_out,
        )  # fmt: skip

    def long_rows(self, check: str, against: str, values: Mapping[str, Values]) -> pd.DataFrame:
        """Return rows of sanity.csv: one a slice and number."""
        facts = self.rows.assign(check=check, against=against)
        parts = [facts.assign(measure=name, value=column) for name, column in values.items()]
        return pd.concat(parts, ignore_index=True)

    def partners(self, *, most: int, seed: int) -> list[npt.NDArray[np.intp]]:
        """Return for each slice others to compare its map with, at most `most`, at random.

        They are of other groups, of the same label and for the same class, so that what they have
        in common is not the slice but may be all the rest; where there is none, any other group's.
        """
        rng, groups = np.random.default_rng(seed), self.groups
        kinds = (self.rows["label"] + "\0" + self.rows["target"]).to_numpy(dtype=object)
        chosen = []
        for index in range(len(self)):
            others = groups != groups[index]
            same = others & (kinds == kinds[index])
            open_to = np.flatnonzero(same if same.any() else others)
            chosen.append(np.sort(rng.permutation(open_to)[:most]))
        return chosen


@dataclass(frozen=True)
class CheckResult:
    """What a check found.

    Attributes:
        content: its part of sanity.json.
        rows: its rows of sanity.csv.
        shown: what it was compared with -> maps (n, rows, columns) of the sample, for pictures.
    """

    content: dict[str, Any]
    rows: list[pd.DataFrame]
    shown: dict[str, Maps] = field(default_factory=dict)


def draw_slices(table: SliceTable, *, seed: int) -> npt.NDArray[np.intp]:
    """Return the rows of a table in the order in which they are taken: labels in turn, each group
    once before any twice; which ones come first is random."""
    rng = np.random.default_rng(seed)
    rows = table.rows[["label", "group"]].iloc[rng.permutation(len(table))]
    rows = rows.assign(round=rows.groupby("group").cumcount()).sort_values("round", kind="stable")
    return rows.groupby("label").cumcount().sort_values(kind="stable").index.to_numpy(dtype=np.intp)


def on_grid(cells: Maps, offset: tuple[float, float]) -> Maps:
    """Return maps (n, rows, columns) on the grid that maps are compared on.

    Args:
        cells: as they come; what is not finite counts as 0.
        offset: of their pixels, see `hilum.cam_maps.in_slice_pixels`.
    """
    finite = np.where(np.isfinite(cells), cells, 0).astype(np.float32)
    return np.stack([in_slice_pixels(one, (GRID, GRID), offset) for one in finite])


@dataclass(frozen=True)
class MapQuery:
    """The run's network and the class that its maps are for.

    Attributes:
        member: the network.
        explainer: makes its maps.
        class_names: in the order of its outputs.
        target: index of the class that all maps are for; None: what the network calls each slice.
    """

    member: Member
    explainer: Explainer
    class_names: list[str]
    target: int | None


def map_maker(explainer: Explainer, size: int) -> MakeMaps:
    """Return a function that makes one network's maps of slices for their classes, in batches."""

    def make_maps(grey: Grey, target: npt.NDArray[np.int64]) -> Maps:
        found = [
            explainer.explain({size: grey[batch]}, target[batch]).maps
            for batch in batches(len(grey))
        ]
        return np.concatenate(found)

    return make_maps


def take_slices(
    query: MapQuery,
    table: SliceTable,
    full_table: SliceTable,
    *,
    sizes: Collection[int],
    count: int,
    seed: int,
    progress: Progress,
) -> Sample:
    """Return slices that have a map: as many as are wanted, if there are so many.

    Args:
        query: the network.
        table: the slices to draw from; `full_table`: the run's table, which may be decoded already.
        sizes: sides that the slices are needed at, the network's own among them.
        count: how many.
        seed: of the draw.
        progress: receives what is going on.

    Raises:
        RunError: there are not two groups whose slices have a map.
    """
    order = draw_slices(table, seed=seed)[: MOST * count]
    parts: list[Sample] = []
    while len(order) and count > sum(map(len, parts)):
        drawn_rows = np.sort(order[: count - sum(map(len, parts))])
        order = order[len(drawn_rows) :]
        parts.append(_with_maps(query, table, drawn_rows, full_table, sizes, progress))
    return _concatenated(parts, query)


def _with_maps(
    query: MapQuery,
    table: SliceTable,
    indices: npt.NDArray[np.intp],
    full_table: SliceTable,
    sizes: Collection[int],
    progress: Progress,
) -> Sample:
    """Return those of the drawn slices that have a map."""
    drawn = np.zeros(len(table), dtype=bool)
    drawn[indices] = True
    part = table.where(pd.Series(drawn))
    with decode_sizes(part, sizes, full_table=full_table, progress=progress) as decoded:
        sized = {size: seen.grey[np.arange(len(part))] for size, seen in decoded.items()}
    size = query.member.size
    target, cells = _maps(query, sized[size])
    rows = part.rows[["slice_id", "group", "label"]]
    rows = rows.assign(target=np.array(query.class_names, dtype=object)[target])
    states = state_of_maps(cells)
    left_out = {state: int((states == state).sum()) for state in NO_MAP}
    offset = query.explainer.offset
    maps = on_grid(cells, offset)
    found = Sample(rows, sized, size, target, cells, maps, offset, left_out)
    return found.part(np.flatnonzero(states == "ok"))


def _maps(query: MapQuery, grey: Grey) -> tuple[npt.NDArray[np.int64], Maps]:
    """Return the class that is explained of each slice, and its map."""
    explained = [
        query.explainer.explain({query.member.size: grey[batch]}, query.target)
        for batch in batches(len(grey))
    ]
    return np.concatenate([one.target for one in explained]), np.concatenate(
        [o.maps for o in explained]
    )


def _concatenated(parts: list[Sample], query: MapQuery) -> Sample:
    """Return the parts as one sample."""
    left_out = {state: sum(part.left_out[state] for part in parts) for state in NO_MAP}
    rows = pd.concat([part.rows for part in parts], ignore_index=True)
    if rows["group"].nunique() < 2:
        states = ", ".join(f"{count} {state}" for state, count in left_out.items() if count)
        raise RunError(
            f"of {len(rows) + sum(left_out.values())} slices drawn only {len(rows)} of "
            f"{rows['group'].nunique()} groups have a map ({states or 'no further ones exist'}), "
            f"and maps of at least two groups are needed; take another target, method or layer."
        )
    first = parts[0]
    sized = {size: np.concatenate([part.sized[size] for part in parts]) for size in first.sized}
    return Sample(
        rows, sized, query.member.size, np.concatenate([part.target for part in parts]),
        np.concatenate([part.cells for part in parts]),
        np.concatenate([part.maps for part in parts]), first.offset, left_out,
    )  # fmt: skip
