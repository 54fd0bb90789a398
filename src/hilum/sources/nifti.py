"""NIfTI volumes, slice by slice, upright and in radiological orientation."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import product
from pathlib import Path

import nibabel as nib
import numpy as np
import numpy.typing as npt
from nibabel.filebasedimages import ImageFileError

from hilum.errors import SourceError

__all__ = ["AxialVolume"]


class AxialVolume:
    """A NIfTI volume seen as a stack of axial slices, read one at a time.

    Slices are numbered from the feet (0) to the head. Each is shown as on a viewing station:
    the patient's right on the left, the front on top. An oblique volume is not resampled: its
    axes are taken for the anatomical ones they lie nearest to.

    Attributes:
        name: the file's name, for messages.
        shape: rows, columns and number of slices.
        slice_mm: distance between neighbouring slices.
        corners: (8, 3) millimetres in the patient, the centres of the outermost voxels.
        voxel_mm: smallest side of a voxel.
        spacing: millimetres between neighbouring (rows, columns).

    Raises:
        SourceError: the file is not a NIfTI volume of three dimensions, or ends early.
    """

    def __init__(self, path: Path) -> None:
        self.name = path.name
        with self._refusals():
            # the file stays open, so that ascending slices are unpacked in one go
            image = nib.load(path, keep_file_open=True)
            if not hasattr(image, "dataobj") or len(image.shape) != 3:
                raise SourceError(
                    f"{path.name} must be a volume of three dimensions; got "
                    f"{' x '.join(map(str, image.shape))}."
                )
        self._data = image.dataobj
        axes = nib.orientations.io_orientation(image.affine)  # storage axis -> R, A, S and sign
        if np.isnan(axes).any():
            raise SourceError(f"{path.name} has an affine without a direction for each axis.")
        self._stored = [int(np.flatnonzero(axes[:, 0] == world)[0]) for world in range(3)]
        self._signs = [float(axes[stored, 1]) for stored in self._stored]
        right, front, up = (int(image.shape[stored]) for stored in self._stored)
        self.shape = (front, right, up)
        self.slice_mm = float(image.header.get_zooms()[self._stored[2]])
        self.voxel_mm = float(min(image.header.get_zooms()[:3]))
        across, along = (float(image.header.get_zooms()[at]) for at in self._stored[:2])
        self.spacing = (along, across)
        self.corners = self._corners(np.asarray(image.affine), image.shape)

    def _corners(
        self, affine: npt.NDArray[np.float64], sides: Sequence[int]
    ) -> npt.NDArray[np.float64]:
        """Return the outermost voxels in millimetres, in an order that storage doesn't change."""
        indices = []
        for ends in product((0, 1), repeat=3):
            index = [0.0, 0.0, 0.0, 1.0]
            for end, stored, sign in zip(ends, self._stored, self._signs, strict=True):
                index[stored] = (int(sides[stored]) - 1) * (end if sign > 0 else 1 - end)
            indices.append(index)
        return np.asarray((np.array(indices) @ affine.T)[:, :3])

    def offset_from(self, other: AxialVolume) -> float:
        """Return by how many millimetres the voxels of two volumes lie apart, at most."""
        return float(np.linalg.norm(self.corners - other.corners, axis=1).max())

    def read(self, number: int) -> npt.NDArray[np.floating]:
        """Return slice `number` (from the feet): (rows, columns), the stored unit."""
        up = self._stored[2]
        at = number if self._signs[2] > 0 else self.shape[2] - 1 - number
        index: list[slice | int] = [slice(None)] * 3
        index[up] = at
        with self._refusals():
            plane = np.asarray(self._data[tuple(index)])
        if self._stored[0] > self._stored[1]:
            plane = plane.T
        # now (towards right or left, towards front or back): put right and front first
        plane = plane[:: -1 if self._signs[0] > 0 else 1, :: -1 if self._signs[1] > 0 else 1]
        return plane.T

    def read_in_order(
        self, numbers: Iterable[int]
    ) -> Iterator[tuple[int, npt.NDArray[np.floating]]]:
        """Yield number and slice of each of `numbers`, in the order in which they are stored."""
        for number in sorted(numbers, reverse=self._signs[2] < 0):
            yield number, self.read(number)

    @contextmanager
    def _refusals(self) -> Iterator[None]:
        """Turn what a broken file raises into one sentence."""
        try:
            yield
        except (ImageFileError, OSError, EOFError, ValueError, zlib.error) as error:
            raise SourceError(f"{self.name} can't be read as NIfTI: {error}.") from None
