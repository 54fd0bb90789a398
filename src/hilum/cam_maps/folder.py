"""Reading the maps folder: its index, and its maps one after another."""

from __future__ import annotations

import zipfile
from collections.abc import Collection, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from hilum.cam_maps.facts import read_maps_facts
from hilum.cam_maps.grid import CENTRED, in_slice_pixels
from hilum.errors import RunError
from hilum.prepare.harmonise.shown_part import ShownPart
from hilum.table import read_csv

__all__ = ["INDEX", "read_index", "read_maps", "shown_parts"]

INDEX = "index.csv"
WHOLE_NUMBERS = ("row", "rows", "columns")

Map = npt.NDArray[np.float32]


def read_index(folder: Path | str) -> pd.DataFrame:
    """Return index.csv of a maps folder, one row per slice.

    `row`, `rows` and `columns` are int64; `largest` (NaN if not a number), `probability` and
    `probability_<class>` float64; all other columns text.

    Raises:
        RunError: it is missing or incomplete.
    """
    path = Path(folder) / INDEX
    if not path.is_file():
        raise RunError(f"{path.parent} has no {INDEX}; run `hilum explain` first.")
    index = read_csv(path)
    numbers = [name for name in index if name == "largest" or str(name).startswith("probability")]
    try:
        types = dict.fromkeys(WHOLE_NUMBERS, "int64") | dict.fromkeys(map(str, numbers), "float64")
        return index.replace({"largest": {"": "nan"}}).astype(types)
    except (KeyError, ValueError) as error:
        raise RunError(
            f"{path} is broken or incomplete ({error}); run `hilum explain` again."
        ) from None


def read_maps(
    folder: Path | str, *, slice_ids: Collection[str] | None = None, raw: bool = False
) -> Iterator[tuple[str, Map]]:
    """Yield slice_id and map (rows, columns) float32 of a maps folder, in the index's order.

    Maps are in their slice's own pixels, shifted by the offset of maps.json (`in_slice_pixels`),
    and in its unit. Values are 0 or more; they are all zero if the state in the index is "zero
    map", and include NaN or infinity if it is "not finite". One file is in memory at a time.

    Args:
        folder: `maps/` of a run, or another maps folder.
        slice_ids: yield only the maps of these slices.
        raw: yield maps at the layer's resolution instead.

    Raises:
        RunError: a file is missing, broken, or does not match the index.
    """
    folder = Path(folder)
    index, offset = read_index(folder), CENTRED if raw else read_maps_facts(folder).offset
    if slice_ids is not None:
        index = index[index["slice_id"].isin(set(slice_ids))]
    for file, rows in index.groupby("file", sort=False):
        ids, maps = _open(folder / str(file))
        parts = shown_parts(rows)
        lines = zip(
            rows["slice_id"], rows["row"], rows["rows"], rows["columns"], parts, strict=True
        )
        for name, position, height, width, shown in lines:
            if position >= len(ids) or ids[position] != name:
                raise RunError(f"{folder / str(file)} does not match {INDEX}; {_AGAIN}")
            cam_map = maps[position]
            if not raw:
                cam_map = in_slice_pixels(cam_map, (height, width), offset, shown)
            yield name, cam_map


def shown_parts(index: pd.DataFrame) -> list[ShownPart | None]:
    """Return which part of each slice its map divides; None where it is all of the slice.

    Args:
        index: rows of index.csv.
    """
    texts = index["shown"] if "shown" in index else [""] * len(index)
    return [ShownPart.of_text(text) if text else None for text in texts]


_AGAIN = "run `hilum explain` again."


def _open(path: Path) -> tuple[npt.NDArray[np.str_], npt.NDArray[np.float32]]:
    """Return the ids (n,) and the maps (n, rows, columns) of a file."""
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return arrays["slice_id"], arrays["cam_map"]
    except (OSError, KeyError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise RunError(f"{path} can't be read ({error}); {_AGAIN}") from None
