"""The sample for checks of maps: slices, drawn until enough have a map, and their maps."""

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
"""At most this many times the requested number of slices are tried until enough have a map."""
NO_MAP = ("zero map", "not finite")
"""States of a map without content."""


@dataclass(frozen=True)
class Sample:
    """Slices with a map by the run's network.

    Attributes:
        rows: `slice_id`, `group`, `label`, `target` of each.
        sized: side -> (n, side, side) uint8, the slices at every input size.
        size: input size of the run's own network.
        target: (n,) int64, index of the explained class.
        cells: (n, rows, columns) float32, the network's own maps as computed.
        maps: the same on the common grid for comparisons.
        offset: of the map's pixels, see `hilum.cam_maps.in_slice_pixels`.
        left_out: state -> number of drawn slices without a map: "zero map", "not finite".
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
        """(n, size, size) uint8, at the input size of the run's own network."""
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
        """Return the same for paired differences, and the number of `groups` with any."""
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
        """Return rows of sanity.csv: one per slice and number."""
        facts = self.rows.assign(check=check, against=against)
        parts = [facts.assign(measure=name, value=column) for name, column in values.items()]
        return pd.concat(parts, ignore_index=True)

    def partners(self, *, most: int, seed: int) -> list[npt.NDArray[np.intp]]:
        """Return for each slice at most `most` others to compare its map with, at random.

        They are from other groups, with the same label and explained class, so that they have
        everything in common but the slice; if there are none, from any other group.
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
    """The result of a check.

    Attributes:
        content: its entry in sanity.json.
        rows: its rows of sanity.csv.
        shown: reference -> maps (n, rows, columns) of the sample, for pictures.
    """

    content: dict[str, Any]
    rows: list[pd.DataFrame]
    shown: dict[str, Maps] = field(default_factory=dict)


def draw_slices(table: SliceTable, *, seed: int) -> npt.NDArray[np.intp]:
    """Return row numbers in random order, labels in turn, each group once before any twice."""
    rng = np.random.default_rng(seed)
    rows = table.rows[["label", "group"]].iloc[rng.permutation(len(table))]
    rows = rows.assign(round=rows.groupby("group").cumcount()).sort_values("round", kind="stable")
    return rows.groupby("label").cumcount().sort_values(kind="stable").index.to_numpy(dtype=np.intp)


def on_grid(cells: Maps, offset: tuple[float, float]) -> Maps:
    """Return maps (n, rows, columns) on the common grid for comparisons.

    Args:
        cells: as computed; values that are not finite count as 0.
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
        target: index of the class that all maps are for; None: the predicted class of each slice.
    """

    member: Member
    explainer: Explainer
    class_names: list[str]
    target: int | None


def map_maker(explainer: Explainer, size: int) -> MakeMaps:
    """Return a function that makes a network's maps of slices for their classes, in batches."""

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
    """Return slices with a map: `count` of them, if there are as many.

    Args:
        query: the network.
        table: the slices to draw from; `full_table`: the run's table, which may already be decoded.
        sizes: the input sizes needed, including the network's own.
        count: how many.
        seed: of the draw.
        progress: receives messages and progress.

    Raises:
        RunError: fewer than two groups have slices with a map.
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
    """Return the drawn slices that have a map."""
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
    """Return the explained class of each slice, and its map."""
    explained = [
        query.explainer.explain({query.member.size: grey[batch]}, query.target)
        for batch in batches(len(grey))
    ]
    return np.concatenate([one.target for one in explained]), np.concatenate(
        [o.maps for o in explained]
    )


def _concatenated(parts: list[Sample], query: MapQuery) -> Sample:
    """Return several samples as one."""
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
