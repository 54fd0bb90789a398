"""Map files, NPZ without pickles: raw at the layer's resolution, or in the slices' pixels."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from hilum.cam_maps.grid import CENTRED, in_slice_pixels
from hilum.prepare.harmonise.shown_part import ShownPart

__all__ = ["save_full_size", "save_maps", "state_of_maps"]

Maps = npt.NDArray[np.float32]
Texts = npt.NDArray[np.str_]


def save_maps(path: Path, cam_maps: Maps, *, slice_ids: Texts, targets: Texts) -> None:
    """Write `cam_map` (n, rows, columns) float32, and `slice_id` and `target`, both (n,) text."""
    np.savez_compressed(path, cam_map=cam_maps, slice_id=slice_ids, target=targets)


def save_full_size(
    path: Path,
    cam_maps: Maps,
    *,
    slice_ids: Texts,
    shapes: npt.NDArray[np.int64],
    offset: tuple[float, float] = CENTRED,
    shown: Sequence[ShownPart | None] | None = None,
) -> None:
    """Write each map in its slice's own pixels, as `cam_map_0`, `cam_map_1`, ..., and `slice_id`.

    The arrays are numbered, since an id may contain characters that a file name can't. They are
    float16, half the size of the original maps and exact to 1 in 2,000, or float32 if the largest
    value of a map is outside the normal range of float16.

    Args:
        path: the file to write.
        cam_maps: (n, rows, columns), raw.
        slice_ids: (n,).
        shapes: (n, 2), rows and columns of each slice.
        offset: of the maps, see `in_slice_pixels`.
        shown: the part of each slice that its map divides; None: all of it, of each.
    """
    parts = [None] * len(cam_maps) if shown is None else shown
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        _add(file, "slice_id", slice_ids)
        lines = zip(cam_maps, shapes, parts, strict=True)
        for number, (cam_map, shape, part) in enumerate(lines):
            full_size = in_slice_pixels(cam_map, (int(shape[0]), int(shape[1])), offset, part)
            _add(file, f"cam_map_{number}", _narrowed(full_size))


def state_of_maps(cam_maps: Maps) -> npt.NDArray[np.str_]:
    """Return (n,) text "ok", "zero map" or "not finite" for maps (n, rows, columns)."""
    finite = np.isfinite(cam_maps).all(axis=(1, 2))
    zero = ~(cam_maps > 0).any(axis=(1, 2))
    return np.select([~finite, zero], ["not finite", "zero map"], "ok")


def _narrowed(cam_map: Maps) -> npt.NDArray[np.floating]:
    """Return a map as float16 if its largest finite value is 0 or a normal number in float16."""
    limits = np.finfo(np.float16)
    largest = float(np.max(np.abs(cam_map), where=np.isfinite(cam_map), initial=0))
    fits = largest == 0 or float(limits.smallest_normal) <= largest <= float(limits.max)
    return cam_map.astype(np.float16) if fits else cam_map


def _add(file: zipfile.ZipFile, name: str, array: npt.NDArray[np.generic]) -> None:
    """Add one array to the archive, so that no more than one is in memory."""
    with file.open(f"{name}.npy", "w", force_zip64=True) as member:
        np.lib.format.write_array(member, np.ascontiguousarray(array), allow_pickle=False)
