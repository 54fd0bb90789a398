"""Write a maps folder for any slices and networks, as a stream."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from hilum import cam_maps
from hilum.cam_maps import MapsFacts
from hilum.errors import UsageError
from hilum.learn.maps import GROUPS, LAST, Explained, Explainer
from hilum.learn.predict import Member
from hilum.prepare import Decoded, batches, decode_sizes, sized_batches
from hilum.progress import SILENT, Progress
from hilum.run import probability_column
from hilum.run.environment import version
from hilum.table import SPLITS, SliceTable, write_csv

__all__ = ["A_FILE", "OF_THE_RUN", "PREDICTED", "MapsWanted", "write_maps"]

PREDICTED = "predicted"
"""Target: the predicted class of each slice."""
OF_THE_RUN = "run"
"""Weights: the trained ones of the run."""
A_FILE = 256
"""Maps per NPZ file, and in memory."""


@dataclass(frozen=True)
class MapsWanted:
    """Which maps to make.

    Attributes:
        class_names: in the order of the networks' outputs.
        target: one of them, for all slices, or PREDICTED.
        method: see `hilum.learn.maps.METHODS`.
        layer: see `hilum.learn.maps.choose_layers`.
        weights: the networks' weights in words, for maps.json: OF_THE_RUN, or "random weights, seed
            N".
        full_size: also write them in the slices' own pixels.

    Raises:
        UsageError: there is no such class.
    """

    class_names: Sequence[str]
    target: str
    method: str = "gradcam"
    layer: str = LAST
    weights: str = OF_THE_RUN
    full_size: bool = False

    def __post_init__(self) -> None:
        known = (PREDICTED, *self.class_names)
        if self.target not in known:
            raise UsageError(f"target must be one of {', '.join(known)}; got {self.target!r}.")


def write_maps(
    members: Sequence[Member],
    table: SliceTable,
    folder: Path,
    *,
    wanted: MapsWanted,
    full_table: SliceTable | None = None,
    progress: Progress = SILENT,
) -> pd.DataFrame:
    """Write index.csv, maps.json, maps-*.npz and perhaps full-*.npz; return the index's rows.

    Memory does not grow with the number of slices.

    Args:
        members: networks whose maps and probabilities are averaged.
        table: the slices.
        folder: an empty folder.
        wanted: which maps.
        full_table: the table that contains `table`; if its slices are already decoded, they are
            taken from there.
        progress: receives the progress.

    Raises:
        UsageError, RunError: see `hilum.learn.maps.Explainer`.
        ReadError, TableError, StorageError: see `hilum.prepare.decode_table`.
    """
    explainer = Explainer(members, method=wanted.method, layer=wanted.layer)
    parts = []
    sizes = {one.size for one in members}
    with decode_sizes(table, sizes, full_table=full_table, progress=progress) as decoded:
        for number, rows in enumerate(batches(len(table), A_FILE)):
            parts.append(_write_file(explainer, table, decoded, folder, (number, rows), wanted))
            progress.advance("mapping", rows.stop, len(table))
    index = pd.concat(parts, ignore_index=True)
    write_csv(index, folder / cam_maps.INDEX)
    cam_maps.write_maps_facts(_facts(explainer, table, wanted), folder)
    return index


def _write_file(
    explainer: Explainer,
    table: SliceTable,
    decoded: dict[int, Decoded],
    folder: Path,
    chunk: tuple[int, slice],
    wanted: MapsWanted,
) -> pd.DataFrame:
    """Write the maps of a chunk of slices (its number, its rows); return their index rows."""
    number, chosen = chunk
    names = list(wanted.class_names)
    rows = table.rows.iloc[chosen]
    grey = {size: seen.grey[chosen] for size, seen in decoded.items()}
    shapes = next(iter(decoded.values())).shapes[chosen]
    target = None if wanted.target == PREDICTED else names.index(wanted.target)
    explained = [explainer.explain(batch, target) for batch in sized_batches(grey)]
    found = Explained(*(np.concatenate(part) for part in zip(*explained, strict=True)))
    file, ids = f"maps-{number:04d}.npz", rows["slice_id"].to_numpy(dtype=str)
    targets = np.array(names)[found.target]
    cam_maps.save_maps(folder / file, found.maps, slice_ids=ids, targets=targets)
    index = _index_rows(rows, file, names, shapes, found)
    seen = next(iter(decoded.values()))
    if any(seen.placements):
        index = index.assign(shown=seen.placements[chosen])
    if wanted.full_size:
        full_size = folder / f"full-{number:04d}.npz"
        cam_maps.save_full_size(
            full_size,
            found.maps,
            slice_ids=ids,
            shapes=shapes,
            offset=explainer.offset,
            shown=cam_maps.shown_parts(index),
        )
    return index.assign(notes=[" ".join(own) for own in seen.notes[chosen]])


def _index_rows(
    part: pd.DataFrame,
    file: str,
    names: list[str],
    shapes: npt.NDArray[np.int64],
    found: Explained,
) -> pd.DataFrame:
    """Return index.csv's rows of one file of maps."""
    classes, probabilities = np.array(names, dtype=object), found.probabilities
    return pd.DataFrame(
        {
            **{name: part[name].to_numpy() for name in ("slice_id", "group", "split", "label")},
            "predicted": classes[probabilities.argmax(axis=1)],
            "target": classes[found.target],
            "probability": probabilities[np.arange(len(part)), found.target],
            "file": file,
            "row": np.arange(len(part)),
            "rows": shapes[:, 0],
            "columns": shapes[:, 1],
            "largest": found.maps.max(axis=(1, 2)),
            "state": cam_maps.state_of_maps(found.maps),
            **{probability_column(name): probabilities[:, i] for i, name in enumerate(names)},
        }
    )


def _facts(explainer: Explainer, table: SliceTable, wanted: MapsWanted) -> MapsFacts:
    """Return the content of maps.json."""
    there = set(table.rows["split"])
    return MapsFacts(
        method=wanted.method,
        title=explainer.method.title,
        layer=wanted.layer,
        group=wanted.layer if wanted.layer in GROUPS else "",
        layers=explainer.layers,
        target=wanted.target,
        unit=explainer.unit,
        split=", ".join(split for split in SPLITS if split in there),
        weights=wanted.weights,
        precision="float32",
        offset=explainer.offset,
        full_size=wanted.full_size,
        hilum=version(),
    )
