"""Where the slices of a series lie: order along the normal, distances, gaps, repeats and tilt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hilum.readers.series.header import SliceHeader

__all__ = [
    "Gap",
    "SeriesGeometry",
    "corner_positions",
    "normal_of",
    "order_slices",
    "positions_of",
]

Floats = npt.NDArray[np.float64]

SAME_PLACE_MM = 0.01
"""Slices nearer to each other than this lie at one position: no CT is reconstructed that finely."""

FILLED_IN = 3
"""So many slices of a stack, all at one position, don't lie there; two may be one, made twice."""

GAP_FACTOR = 1.5
"""A distance of more than this many usual ones is a gap: one slice at the least is missing."""

UNEVEN = 0.1
"""Distances that differ from the usual one by more than this share are named, gaps apart."""

TILT_DEGREES = 1.0
"""A smaller angle between two directions is rounding in the header."""


@dataclass(frozen=True)
class Gap:
    """A stretch without slices.

    Attributes:
        after: index of the last slice before it, in the order of the series.
        start, end: positions of the slices on both sides, mm.
        missing: number of slices that would fit, at the usual distance.
    """

    after: int
    start: float
    end: float
    missing: int


@dataclass(frozen=True)
class SeriesGeometry:
    """How the slices of a series lie.

    Attributes:
        positions: of each slice along the normal, mm, increasing from feet to head; empty where
            the headers don't say.
        distance: the usual (median) one between neighbours, mm; None: unknown, or one slice.
        gaps: stretches without slices.
        uneven: number of other distances that differ from the usual one.
        oblique: degrees between the slices' normal and the body's axis.
        shear: degrees between the normal and the line through the slices' corners: the gantry's
            tilt.
    """

    positions: tuple[float, ...] = ()
    distance: float | None = None
    gaps: tuple[Gap, ...] = ()
    uneven: int = 0
    oblique: float = 0.0
    shear: float = 0.0

    def notes(self) -> list[str]:
        """Return what is unusual, in sentences."""
        notes = []
        for gap in self.gaps:
            slices = "1 slice is" if gap.missing == 1 else f"{gap.missing} slices are"
            notes.append(f"A gap: {slices} missing between {gap.start:.1f} and {gap.end:.1f} mm.")
        if self.uneven:
            notes.append(
                f"{self.uneven} distances between slices differ from {self.distance:.3g} mm."
            )
        if self.oblique >= TILT_DEGREES:
            notes.append(f"The slices are oblique: {self.oblique:.1f} degrees from axial.")
        if self.shear >= TILT_DEGREES:
            notes.append(
                f"The gantry was tilted by {self.shear:.1f} degrees: slices are shifted against "
                f"each other, and each is predicted as it is."
            )
        return notes


def normal_of(header: SliceHeader) -> Floats | None:
    """Return the unit normal (3,) of a slice, pointing towards the head; None if unknown."""
    if header.directions is None:
        return None
    vectors = np.array(header.directions).reshape(2, 3)
    normal = np.cross(vectors[0], vectors[1])
    length = float(np.linalg.norm(normal))
    if length < 0.5:
        return None
    normal = normal / length
    return np.asarray(-normal if normal[2] < 0 else normal)


def positions_of(headers: Sequence[SliceHeader]) -> Floats | None:
    """Return the positions (n,) of slices of one orientation along their normal, mm.

    Slice Location stands in where no slice has Image Position (Patient), or all have the same; None
    if neither is known for all.
    """
    positions = corner_positions(headers)
    if positions is not None:
        return positions
    if all(header.location is not None for header in headers):
        locations = np.array([header.location for header in headers], dtype=np.float64)
        return None if _is_filled_in(locations) else locations
    return None


def corner_positions(headers: Sequence[SliceHeader]) -> Floats | None:
    """Return the positions (n,) by Image Position (Patient) alone, mm; None if they are unknown."""
    normal = normal_of(headers[0])
    corners = [header.corner for header in headers]
    if normal is None or any(corner is None for corner in corners):
        return None
    positions = np.asarray(np.array(corners, dtype=np.float64) @ normal)
    return None if _is_filled_in(positions) else positions


def _is_filled_in(positions: Floats) -> bool:
    """Whether many slices have one position: programs write (0, 0, 0) where they know none."""
    return len(positions) >= FILLED_IN and float(np.ptp(positions)) < SAME_PLACE_MM


def order_slices(
    headers: Sequence[SliceHeader],
) -> tuple[list[SliceHeader], list[SliceHeader], SeriesGeometry]:
    """Return slices of one stack from feet to head, those that repeat a position, and the geometry.

    Without positions the Instance Number orders them, else the file name.
    """
    positions = positions_of(headers)
    if positions is None:
        return sorted(headers, key=_file_order), [], SeriesGeometry()
    ranked = sorted(range(len(headers)), key=lambda i: (positions[i], _file_order(headers[i])))
    kept_rows: list[int] = []
    repeats: list[SliceHeader] = []
    for row in ranked:
        if kept_rows and positions[row] - positions[kept_rows[-1]] < SAME_PLACE_MM:
            repeats.append(headers[row])
        else:
            kept_rows.append(row)
    ordered = [headers[row] for row in kept_rows]
    return ordered, repeats, _geometry(ordered, positions[kept_rows])


def _file_order(header: SliceHeader) -> tuple[float, str, int]:
    instance = float("inf") if header.instance is None else float(header.instance)
    return instance, str(header.path), header.frame


def _geometry(headers: Sequence[SliceHeader], positions: Floats) -> SeriesGeometry:
    """Return the geometry of ordered slices."""
    places = tuple(map(float, positions))
    normal = normal_of(headers[0])
    oblique = 0.0 if normal is None else _degrees(abs(float(normal[2])))
    if len(places) < 2:
        return SeriesGeometry(places, oblique=oblique)
    distances = np.diff(positions)
    usual = float(np.median(distances))
    gaps = tuple(
        Gap(int(i), places[i], places[i + 1], max(1, round(float(distances[i]) / usual) - 1))
        for i in np.flatnonzero(distances > GAP_FACTOR * usual)
    )
    within = distances[distances <= GAP_FACTOR * usual]
    uneven = int((np.abs(within - usual) > UNEVEN * usual).sum())
    shear = _shear(headers, normal)
    return SeriesGeometry(places, usual, gaps, uneven, oblique, shear)


def _shear(headers: Sequence[SliceHeader], normal: Floats | None) -> float:
    """Return the angle between the normal and the line through the outermost corners."""
    first, last = headers[0].corner, headers[-1].corner
    if normal is None or first is None or last is None:
        return 0.0
    line = np.array(last) - np.array(first)
    length = float(np.linalg.norm(line))
    return _degrees(abs(float(line @ normal)) / length) if length > 0 else 0.0


def _degrees(cosine: float) -> float:
    return float(np.degrees(np.arccos(min(1.0, cosine))))
