"""One face for the slices of a DICOM series and of a NIfTI volume."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Protocol

import numpy as np

from hilum.errors import ReadError, SourceError
from hilum.readers import SliceImage, Window, apply_window, read_slice
from hilum.readers.hu_check import NO_AIR, tissue_notes, unit_problem
from hilum.readers.series import CtSeries
from hilum.readers.series.archive import unpack_gzip

if TYPE_CHECKING:
    from hilum.sources.nifti import AxialVolume

__all__ = ["DicomStack", "NiftiStack", "SliceName", "SliceStack", "open_volume"]

CHECKED = 16
"""Slices of a volume that its Hounsfield units are judged by, evenly spread."""


@dataclass(frozen=True)
class SliceName:
    """Where a slice lies, see `hilum.steps.series.answer.SeriesSlice`."""

    path: Path
    frame: int
    sop_instance_uid: str
    position: float | None


class SliceStack(Protocol):
    """Slices of one series, from feet to head."""

    @property
    def names(self) -> list[SliceName]:
        """Where they lie."""

    @property
    def source(self) -> CtSeries | None:
        """The series by its headers, where it has some."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What is unusual, in sentences."""

    def read(self, index: int, window: Window) -> SliceImage:
        """Return one slice, upright, shown through a window.

        Raises:
            ReadError: it is broken.
        """


@dataclass(frozen=True)
class DicomStack:
    """Slices of a DICOM series."""

    source: CtSeries

    @property
    def names(self) -> list[SliceName]:
        """See `SliceStack`."""
        positions: list[float | None] = [*self.source.geometry.positions]
        positions = positions or [None] * len(self.source.slices)
        return [
            SliceName(header.path, header.frame, header.sop, position)
            for header, position in zip(self.source.slices, positions, strict=True)
        ]

    @property
    def notes(self) -> tuple[str, ...]:
        """See `SliceStack`."""
        return self.source.notes

    def read(self, index: int, window: Window) -> SliceImage:
        """See `SliceStack`."""
        header = self.source.slices[index]
        return read_slice(header.path, window=window, frame=header.frame)


@dataclass(frozen=True)
class NiftiStack:
    """Slices of a NIfTI volume in Hounsfield units.

    Attributes:
        path: the file.
        volume: the same, or what was unpacked of it: threads read its slices in any order.
    """

    path: Path
    volume: AxialVolume = field(repr=False)
    notes: tuple[str, ...] = ()
    source: None = None

    @property
    def names(self) -> list[SliceName]:
        """See `SliceStack`; positions are those of the volume's affine, along the body's axis."""
        heights = self.volume.corners[:, 2]
        positions = np.linspace(heights.min(), heights.max(), self.volume.shape[2])
        return [
            SliceName(self.path, number, "", float(position))
            for number, position in enumerate(positions)
        ]

    def read(self, index: int, window: Window) -> SliceImage:
        """See `SliceStack`."""
        try:
            hu = np.ascontiguousarray(self.volume.read(index), dtype=np.float32)
        except SourceError as error:
            raise ReadError(f"{self.path}: {error}") from None
        hu = np.nan_to_num(hu, nan=-1000.0)
        return SliceImage(
            grey=apply_window(hu, window), format="NIfTI", hu=hu, window=window, frame=index,
            spacing=self.volume.spacing,
        )  # fmt: skip


@contextmanager
def open_volume(path: Path) -> Iterator[NiftiStack]:
    """Yield a NIfTI volume, after checking that it holds Hounsfield units.

    Raises:
        ReadError: it is broken, or not in Hounsfield units: one sentence with the path.
    """
    from hilum.sources.nifti import AxialVolume  # nibabel is of the extra `analysis`

    with ExitStack() as stack:
        file = path
        if path.suffix.lower() == ".gz":
            folder = stack.enter_context(TemporaryDirectory(prefix="hilum-"))
            file = Path(folder) / path.stem
            unpack_gzip(path, file)
        try:
            volume = AxialVolume(file)
            _check_units(volume, path)
        except SourceError as error:
            raise ReadError(f"{path}: {error}") from None
        yield NiftiStack(path, volume)


def _check_units(volume: AxialVolume, path: Path) -> None:
    """Raise ReadError unless slices of a volume hold Hounsfield units."""
    chosen = np.unique(np.linspace(0, volume.shape[2] - 1, CHECKED).round().astype(int))
    sample = np.stack([volume.read(int(number)) for number in chosen]).astype(np.float32)
    problem = unit_problem(sample)
    if problem or NO_AIR in tissue_notes(sample):
        raise ReadError(
            f"{path}: its values are not Hounsfield units: "
            f"{problem or 'no air (-1000 HU) is in it'}."
        )
