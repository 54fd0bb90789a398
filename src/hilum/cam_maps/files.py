"""Files of maps, NPZ without pickles: raw at the layer's resolution, or in the slices' pixels."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import numpy.typing as npt

from hilum.cam_maps.grid import CENTRED, in_slice_pixels

__all__ = ["save_full_size", "save_maps", "state_of_maps"]

Maps = npt.NDArray[np.float32]
Texts = npt.NDArray[np.str_]


def save_maps(path: Path, cam_maps: Maps, *, slice_ids: Texts, targets: Texts) -> None:
    """Write `cam_map` (n, rows, columns) float32 with `slice_id` and `target`, both (n,) text."""
    np.savez_compressed(path, cam_map=cam_maps, slice_id=slice_ids, target=targets)


def save_full_size(
    path: Path,
    cam_maps: Maps,
    *,
    slice_ids: Texts,
    shapes: npt.NDArray[np.int64],
    offset: tuple[float, float] = CENTRED,
) -> None:
    """Write each map in its slice's own pixels, as `cam_map_0`, `cam_map_1`, ..., and `slice_id`.

    The arrays are named by their number, not by the slice: an id may hold what no file's name may.
    They are float16, half as large as the maps they came from and exact to 1 in 2,000; float32
    where the map's largest value is none that float16 holds to that precision.

    Args:
        path: the file.
        cam_maps: (n, rows, columns), raw.
        slice_ids: (n,).
        shapes: (n, 2), rows and columns of each slice.
        offset: of the maps, see `in_slice_pixels`.
    """
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        _add(file, "slice_id", slice_ids)
        for number, (cam_map, shape) in enumerate(zip(cam_maps, shapes, strict=True)):
            whole = in_slice_pixels(cam_map, (int(shape[0]), int(shape[1])), offset)
            _add(file, f"cam_map_{number}", _narrowed(whole))


def state_of_maps(cam_maps: Maps) -> npt.NDArray[np.str_]:
    """Return (n,) "ok", "zero map" or "not finite" of maps (n, rows, columns)."""
    finite = np.isfinite(cam_maps).all(axis=(1, 2))
    zero = ~(cam_maps > 0).any(axis=(1, 2))
    return np.select([~finite, zero], ["not finite", "zero map"], "ok")


def _narrowed(cam_map: Maps) -> npt.NDArray[np.floating]:
    """Return a map as float16 where its largest finite value is a normal number there, or 0."""
    kind = np.finfo(np.float16)
    largest = float(np.max(np.abs(cam_map), where=np.isfinite(cam_map), initial=0))
    held = largest == 0 or float(kind.smallest_normal) <= largest <= float(kind.max)
    return cam_map.astype(np.float16) if held else cam_map


def _add(file: zipfile.ZipFile, name: str, array: npt.NDArray[np.generic]) -> None:
    """Write one array, so that no more than one is in memory."""
    with file.open(f"{name}.npy", "w", force_zip64=True) as place:
        np.lib.format.write_array(place, np.ascontiguousarray(array), allow_pickle=False)
