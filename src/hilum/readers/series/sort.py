"""DICOM files sorted into series: what may be an axial chest CT, what is left out and why."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from hilum.errors import ReadError
from hilum.readers.dicom.header import BROKEN
from hilum.readers.series.chest import why_not_chest_ct
from hilum.readers.series.geometry import (
    SeriesGeometry,
    corner_positions,
    order_slices,
    positions_of,
)
from hilum.readers.series.header import SliceHeader, read_slice_headers

__all__ = ["POSITIONLESS", "CtSeries", "LeftOutFiles", "SortedFiles", "sort_into_series"]

SHARED = 0.5
"""Acquisitions that share at least this part of the shorter one's positions are scans of their
own, such as phases of contrast."""

POSITIONLESS = "Image Position (Patient) is missing or impossible; the rest of its series has it."

THICKNESS_ROUNDING_MM = 0.1
"""Scanners write a Slice Thickness as set or as measured, rounded to this."""

ORIENTATION_DIGITS = 2
"""Direction cosines that agree to this many digits are one orientation (half a degree)."""


@dataclass(frozen=True)
class CtSeries:
    """Axial CT slices that belong together, from feet to head.

    Attributes:
        slices: at least one; no two at one position.
        geometry: how they lie.
        notes: what is unusual about the series, in sentences.
        doubles: files that are not taken: copies of a slice, or at another one's position.
    """

    slices: tuple[SliceHeader, ...]
    geometry: SeriesGeometry
    notes: tuple[str, ...] = ()
    doubles: tuple[Path, ...] = ()

    @property
    def uid(self) -> str:
        """The Series Instance UID; empty if unknown."""
        return self.slices[0].series

    @property
    def kernel(self) -> str:
        """The Convolution Kernel; empty if unknown."""
        return self.slices[0].kernel


@dataclass(frozen=True)
class LeftOutFiles:
    """Files that are no axial chest CT, or can't be read.

    Attributes:
        paths: at least one.
        reason: one sentence, without the path.
        broken: the file is damaged; else it is a sound one of another kind.
        series: Series Instance UID; empty if unknown.
    """

    paths: tuple[Path, ...]
    reason: str
    broken: bool = False
    series: str = ""

    @property
    def path(self) -> Path:
        """The first file."""
        return self.paths[0]

    @classmethod
    def damaged(cls, path: Path, error: Exception | str) -> LeftOutFiles:
        """Return a file that can't be read or is refused, with the reason out of an error."""
        reason = str(error).removeprefix(f"{path}: ")
        return cls((path,), f"{reason[0].upper()}{reason[1:]}", broken=True)


@dataclass
class SortedFiles:
    """The result of sorting.

    Attributes:
        series: what may be axial chest CT by its headers, in the order of its files.
        left_out: everything else.
    """

    series: list[CtSeries] = field(default_factory=list)
    left_out: list[LeftOutFiles] = field(default_factory=list)


def sort_into_series(
    files: Iterable[Path], *, step: Callable[[], None] | None = None
) -> SortedFiles:
    """Sort DICOM files into series by their headers; no pixels are decoded.

    Files of one Series Instance UID are parted where they differ in patient, study, orientation,
    kernel, matrix or pixel spacing, and where several acquisitions share many positions.

    Args:
        files: DICOM files.
        step: called after each file.
    """
    found, headers = SortedFiles(), list[SliceHeader]()
    others: dict[str, list[Path]] = defaultdict(list)
    for path in files:
        try:
            headers += read_slice_headers(path)
        except (ReadError, *BROKEN) as error:
            reason = str(error) if isinstance(error, ReadError) else "its header is broken."
            if reason.endswith("not an image of a slice."):
                others[reason].append(path)
            else:
                found.left_out.append(LeftOutFiles.damaged(path, reason))
        if step is not None:
            step()
    for reason, paths in others.items():
        found.left_out.append(LeftOutFiles(tuple(paths), f"{reason[0].upper()}{reason[1:]}"))
    for of_uid in _groups(headers, _identity).values():
        stacks = [part for stack in _groups(of_uid, _stack).values() for part in _phases(stack)]
        for stack in stacks:
            _add(found, stack, of=len(stacks))
    return found


def _groups(
    headers: Iterable[SliceHeader], key: Callable[[SliceHeader], Hashable]
) -> dict[Hashable, list[SliceHeader]]:
    """Return key -> headers, in the order of the first of each."""
    groups: dict[Hashable, list[SliceHeader]] = defaultdict(list)
    for header in headers:
        groups[key(header)].append(header)
    return dict(groups)


def _identity(header: SliceHeader) -> Hashable:
    """Return what tells series apart by name; without a UID the file's folder does."""
    series = header.series or str(header.path.parent)
    return header.patient, header.study, series


def _stack(header: SliceHeader) -> Hashable:
    """Return what all slices of a stack have in common."""
    cosines = tuple(round(c, ORIENTATION_DIGITS) + 0.0 for c in header.directions or ())
    spacing = tuple(round(side, 4) for side in header.spacing or ())
    kind = (header.modality, header.sop_class, header.objections)
    return cosines, header.kernel, header.shape, spacing, kind


def _phases(stack: Sequence[SliceHeader]) -> list[Sequence[SliceHeader]]:
    """Return the stack, or its acquisitions where they share many of their positions.

    Two breath-holds that meet in a slice or two are one scan.
    """
    once, _ = _without_copies(stack)
    positions = positions_of(once) if all(one.corner for one in once) else None
    if positions is None:
        return [stack]
    shared = len(once) - len({round(float(p), 2) for p in positions})
    keys: tuple[Callable[[SliceHeader], Hashable], ...] = (
        lambda header: header.frame_of_reference,
        lambda header: header.acquisition,
        lambda header: header.temporal,
        lambda header: header.image_type,
    )
    for key in keys:
        parts = list(_groups(stack, key).values())
        alone = [order_slices(_without_copies(part)[0])[1] == [] for part in parts]
        many = shared >= SHARED * min(map(len, parts))
        if len(parts) > 1 and all(alone) and many:
            return list(parts)
    return [stack]


def _without_copies(
    headers: Sequence[SliceHeader],
) -> tuple[list[SliceHeader], int]:
    """Return each slice once, and how many files were copies of another (the same SOP UID)."""
    seen: dict[tuple[str, int], SliceHeader] = {}
    for header in headers:
        seen.setdefault((header.sop or str(header.path), header.frame), header)
    return list(seen.values()), len(headers) - len(seen)


def _add(found: SortedFiles, stack: Sequence[SliceHeader], *, of: int) -> None:
    """Add a stack to the series or to what is left out."""
    first = stack[0]
    if reason := why_not_chest_ct(stack):
        found.left_out.append(LeftOutFiles(_paths(stack), reason, series=first.series))
        return
    placed = [header for header in stack if header.corner is not None]
    notes = []
    if placed and len(placed) < len(stack):
        lost = [header for header in stack if header.corner is None]
        reason = POSITIONLESS
        found.left_out.append(LeftOutFiles(_paths(lost), reason, broken=True))
        stack = placed
    once, copies = _without_copies(stack)
    if copies:
        notes.append(f"Files that hold a slice which is there already: {copies}.")
    ordered, repeats, geometry = order_slices(once)
    if repeats:
        notes.append(
            f"Slices at another one's position: {len(repeats)}; the first of each is taken."
        )
    if of > 1:
        notes.append(f"Its Series Instance UID holds {of} stacks of slices; this is one of them.")
    notes += _order_notes(ordered, geometry)
    if len(ordered) == 1:
        notes.append("A series of one slice.")
    notes += _mixed_thickness(ordered)
    notes += [note for note in first.objections if note]
    if first.burned_in:
        notes.append("According to its header, text is burned into its pixels.")
    taken = set(_paths(ordered))
    doubles = tuple(path for path in _paths(stack) if path not in taken)
    found.series.append(CtSeries(tuple(ordered), geometry, (*notes, *geometry.notes()), doubles))


def _order_notes(headers: Sequence[SliceHeader], geometry: SeriesGeometry) -> list[str]:
    """Return a note on what the order rests on, where it isn't Image Position (Patient)."""
    is_placed = headers[0].corner is not None
    if not geometry.positions:
        why = "All slices have the same position" if is_placed else "Positions are unknown"
        return [f"{why}: ordered by Instance Number, and gaps can't be seen."]
    if corner_positions(headers) is not None:
        return []
    why = "the same in all slices" if is_placed else "missing"
    return [f"Image Position (Patient) is {why}: ordered by Slice Location."]


def _mixed_thickness(headers: Iterable[SliceHeader]) -> list[str]:
    """Return a note on slices that differ in thickness by more than rounding."""
    found = sorted({round(one.thickness, 1) for one in headers if one.thickness})
    if len(found) < 2 or found[-1] - found[0] < 2 * THICKNESS_ROUNDING_MM:
        return []
    return [
        f"Its slices are {found[0]:g} to {found[-1]:g} mm thick: thin ones are noisier, and show "
        f"less of what lies above and below them."
    ]


def _paths(headers: Iterable[SliceHeader]) -> tuple[Path, ...]:
    """Return the files, each once: one may hold several frames."""
    return tuple(dict.fromkeys(header.path for header in headers))
