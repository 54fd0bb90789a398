"""Explain: Grad-CAM of every test slice as raw maps, and pictures of the telling ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from hilum.atomic import new_folder
from hilum.boxes import parse_boxes
from hilum.engines import mean_probabilities
from hilum.errors import UsageError
from hilum.learn.maps import mean_grad_cam, upsample_map
from hilum.learn.predict import Member, load_networks
from hilum.prepare import BATCH, Decoded, decode_sizes, sized_batches
from hilum.progress import SILENT, Progress
from hilum.readers import LUNG, parse_window, read_slice
from hilum.report.heatmap import draw_heatmap
from hilum.run import Run, open_run, probability_column
from hilum.steps.facts import network_facts
from hilum.table import SPLITS, SliceTable, write_csv

__all__ = ["PREDICTED", "explain"]

PREDICTED = "predicted"
"""Target: for each slice the class that the network calls it."""
A_FILE = 256
"""Maps in one NPZ file."""
SHOWN = 4
"""Pictures of each kind: sure, unsure, wrong."""
TOP_SHARE = 0.95
"""The largest value of this share of the maps is shown as full red in all pictures."""
SMALLEST_TOP = 0.2
"""Logits that full red stands for at the least: maps that explain next to nothing stay pale."""


def explain(
    run: Run | Path | str,
    *,
    split: str = "test",
    target: str = PREDICTED,
    progress: Progress = SILENT,
) -> Path:
    """Write the folder `maps/` of a run and return it.

    It holds `maps-*.npz` (arrays `slice_id`, `target`, and `cam_map` (n, rows, columns) float32
    at the layer's resolution, in logits, unscaled; of an ensemble the mean of its members' maps,
    see `hilum.learn.maps.mean_of_maps`), `index.csv` (one row a slice: file and row of its map, its
    largest value, its state: ok, zero map, not finite), `shown.csv` and `pictures/`.

    Args:
        run: a finished run or its folder.
        split: which slices.
        target: the class that the maps are for, or "predicted".
        progress: told what is going on.

    Raises:
        UsageError: there is no such split or class, or the run is a cross-validation.
        RunError: the run lacks something.
    """
    run = run if isinstance(run, Run) else open_run(run)
    facts = network_facts(run)
    names = facts.class_names
    if split not in SPLITS:
        raise UsageError(f"a split is one of {', '.join(SPLITS)}; got {split!r}.")
    if target not in (PREDICTED, *names):
        raise UsageError(f"a target is {PREDICTED} or one of {', '.join(names)}; got {target!r}.")
    whole, members = run.table(), load_networks(run)
    table, sizes = whole.part(split), {one.size for one in members}
    with (
        decode_sizes(table, sizes, whole=whole, progress=progress) as decoded,
        new_folder(run.maps, force=True) as draft,
    ):
        index, maps = _map_all(members, table, decoded, names, target, draft, progress)
        write_csv(index, draft / "index.csv")
        _show(table, index, maps, draft)
    return run.maps


def _map_all(
    members: list[Member],
    table: SliceTable,
    decoded: dict[int, Decoded],
    names: list[str],
    target: str,
    draft: Path,
    progress: Progress,
) -> tuple[pd.DataFrame, dict[int, Any]]:
    """Write the raw maps of all slices; return index.csv's rows and the maps that may be shown."""
    rows: list[pd.DataFrame] = []
    kept: list[npt.NDArray[np.float32]] = []
    for number, first in enumerate(range(0, len(table), A_FILE)):
        part = table.rows.iloc[first : first + A_FILE]
        grey = {size: seen.grey[first : first + A_FILE] for size, seen in decoded.items()}
        told = np.concatenate([mean_probabilities(members, one) for one in sized_batches(grey)])
        called = told.argmax(axis=1)
        chosen = called if target == PREDICTED else np.full(len(part), names.index(target))
        cam_maps = np.concatenate(
            [
                mean_grad_cam(members, batch, chosen[i * BATCH : (i + 1) * BATCH])
                for i, batch in enumerate(sized_batches(grey))
            ]
        )
        file = f"maps-{number:04d}.npz"
        np.savez_compressed(
            draft / file, cam_map=cam_maps, slice_id=part["slice_id"].to_numpy(dtype=str),
            target=np.array(names)[chosen],
        )  # fmt: skip
        rows.append(_index_rows(part, file, told, names, chosen, cam_maps))
        kept.append(cam_maps)
        progress.advance("mapping", first + len(part), len(table))
    index = pd.concat(rows, ignore_index=True)
    return index, dict(enumerate(np.concatenate(kept)))


def _index_rows(
    part: pd.DataFrame,
    file: str,
    told: npt.NDArray[np.float64],
    names: list[str],
    chosen: npt.NDArray[np.intp],
    cam_maps: npt.NDArray[np.float32],
) -> pd.DataFrame:
    """Return index.csv's rows of one file of maps."""
    finite = np.isfinite(cam_maps).all(axis=(1, 2))
    largest = cam_maps.max(axis=(1, 2))
    classes = np.array(names, dtype=object)
    return pd.DataFrame(
        {
            "slice_id": part["slice_id"].to_numpy(),
            "group": part["group"].to_numpy(),
            "split": part["split"].to_numpy(),
            "label": part["label"].to_numpy(),
            "predicted": classes[told.argmax(axis=1)],
            "target": classes[chosen],
            "probability": told[np.arange(len(part)), chosen],
            "file": file,
            "row": np.arange(len(part)),
            "largest": largest,
            "state": np.select([~finite, largest <= 0], ["not finite", "zero map"], "ok"),
            **{probability_column(name): told[:, i] for i, name in enumerate(names)},
        }
    )


def _show(
    table: SliceTable, index: pd.DataFrame, maps: dict[int, npt.NDArray[np.float32]], draft: Path
) -> None:
    """Draw the telling slices and write shown.csv."""
    folder = draft / "pictures"
    folder.mkdir()
    good = index.loc[index["state"] == "ok", "largest"]
    top = max(float(good.quantile(TOP_SHARE)), SMALLEST_TOP) if len(good) else 0.0
    shown = []
    for kind, rows in _choose(index).items():
        for number, row in enumerate(rows, start=1):
            picture = folder / f"{kind}-{number}.png"
            _draw(table, row, maps[row], top, picture)
            shown.append({**index.loc[row].to_dict(), "kind": kind,
                          "picture": f"maps/pictures/{picture.name}"})  # fmt: skip
    columns = ["slice_id", "kind", "split", "label", "predicted", "target", "probability",
               "picture", "state"]  # fmt: skip
    write_csv(pd.DataFrame(shown, columns=columns), draft / "shown.csv")


def _draw(
    table: SliceTable, row: int, cam_map: npt.NDArray[np.float32], top: float, picture: Path
) -> None:
    """Draw one slice with its map."""
    cells = table.rows.iloc[row]
    window = parse_window(cells["window"]) if cells["window"] else LUNG
    grey = read_slice(table.folder / cells["path"], window=window).grey
    shape = (grey.shape[0], grey.shape[1])
    finite = bool(np.isfinite(cam_map).all())
    whole = upsample_map(cam_map if finite else np.zeros_like(cam_map), shape)
    boxes = parse_boxes(cells["boxes"])
    draw_heatmap(grey, whole, top=top, boxes=boxes).save(picture, optimize=True)


def _choose(index: pd.DataFrame) -> dict[str, list[int]]:
    """Return the rows to show: surely right, unsure, and wrong (the surest first).

    No group is shown twice of a kind while there are others, and the labels take turns.
    """
    columns = [column for column in index.columns if column.startswith("probability_")]
    certainty = index[columns].max(axis=1)
    right = index["label"] == index["predicted"]
    wrong = _varied(index, certainty[~right].sort_values(ascending=False))
    sure = _varied(index, certainty[right].sort_values(ascending=False))
    others = certainty.drop([*wrong, *sure])  # nobody needs to see a slice twice
    return {"sure": sure, "unsure": _varied(index, others.sort_values()), "wrong": wrong}


def _varied(index: pd.DataFrame, order: pd.Series[float]) -> list[int]:
    """Return the first few rows of `order`, labels in turn, each group once."""
    rows = index.loc[order.index, ["label", "group"]].drop_duplicates("group")
    turn = rows.groupby("label").cumcount()
    place = pd.Series(range(len(rows)), index=rows.index)
    ranked = rows.assign(turn=turn, place=place).sort_values(["turn", "place"])
    return [int(row) for row in ranked.index[:SHOWN]]
