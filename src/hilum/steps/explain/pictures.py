"""Pictures of a folder's most informative maps: confident, uncertain and wrong predictions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from PIL import Image

from hilum.boxes import parse_boxes
from hilum.cam_maps import (
    LOGITS,
    MapsFacts,
    in_slice_pixels,
    read_index,
    read_maps,
    read_maps_facts,
)
from hilum.prepare.harmonise import ShownPart
from hilum.report.maps.heatmap import Caption, Scale, draw_heatmap
from hilum.report.numbers import fixed
from hilum.table import SliceTable, read_row, write_csv

__all__ = ["show_maps"]

SHOWN = 4
"""Pictures of each kind: confident, uncertain, wrong."""
TOP_SHARE = 0.95
"""The largest value of this share of the maps is shown as full red in all pictures."""
SMALLEST_TOP = 10.0
"""Least logit that a completely red map stands for: maps that explain next to nothing stay pale. A
last layer of 7 x 7 pixels is red from 0.2 a pixel on."""
REMARKS = {
    "ok": "",
    "zero map": "Zero map: nothing to paint.",
    "not finite": "Map not finite: not painted.",
}
COLUMNS = ["slice_id", "kind", "split", "label", "predicted", "target", "probability", "picture",
           "state"]  # fmt: skip

Map = npt.NDArray[np.float32]


def show_maps(table: SliceTable, folder: Path) -> None:
    """Draw the most informative maps of a folder into its `pictures/`, and write `shown.csv`.

    They are chosen by the index, and only they are read back.

    Args:
        table: the slices of the maps, in the order of the index.
        folder: written by `write_maps`.
    """
    index, facts = read_index(folder), read_maps_facts(folder)
    chosen = [
        (f"{kind}-{number}.png", kind, row)
        for kind, rows in _choose(index).items()
        for number, row in enumerate(rows, start=1)
    ]
    names = {str(index.loc[row, "slice_id"]) for _, _, row in chosen}
    raw = dict(read_maps(folder, slice_ids=names, raw=True))
    scale, shown = _scale(index, raw, facts), []
    (folder / "pictures").mkdir()
    for name, kind, row in chosen:
        cells = {str(key): cell for key, cell in index.loc[row].items()}
        _draw(table, row, cells, raw[str(cells["slice_id"])], (scale, facts)).save(
            folder / "pictures" / name
        )
        shown.append({**cells, "kind": kind, "picture": f"maps/pictures/{name}"})
    write_csv(pd.DataFrame(shown, columns=COLUMNS), folder / "shown.csv")


def _scale(index: pd.DataFrame, raw: dict[str, Map], facts: MapsFacts) -> Scale:
    """Return the common colour scale of all pictures of a folder."""
    good = index.loc[index["state"] == "ok", "largest"]
    top = float(good.quantile(TOP_SHARE)) if len(good) else 0.0
    if facts.unit == LOGITS and raw:
        top = max(top, SMALLEST_TOP / next(iter(raw.values())).size)
    return Scale(top, facts.unit)


def _draw(
    table: SliceTable,
    row: int,
    cells: dict[str, Any],
    cam_map: Map,
    style: tuple[Scale, MapsFacts],
) -> Image.Image:
    """Return the picture of one slice with its map; `cells` is its row of the index."""
    scale, facts = style
    grey = read_row(table, row).grey
    finite = cells["state"] != "not finite"
    shown = cam_map if finite else np.zeros_like(cam_map)
    part = ShownPart.of_text(cells["shown"]) if cells.get("shown") else None
    full_map = in_slice_pixels(shown, (grey.shape[0], grey.shape[1]), facts.offset, part)
    boxes = parse_boxes(table.rows["boxes"].iloc[row])
    caption = Caption(
        f"{facts.title} for {cells['target']}. Probability of {cells['target']}: "
        f"{fixed(cells['probability'], 2)}",
        f"Called {cells['predicted']}, labelled {cells['label']}",
        REMARKS[str(cells["state"])],
    )
    return draw_heatmap(grey, full_map, scale=scale, boxes=boxes, caption=caption)


def _choose(index: pd.DataFrame) -> dict[str, list[int]]:
    """Return the rows to show: confident and right, uncertain, and wrong (most confident first).

    Within a kind no group is shown twice while there are others, and the labels take turns.
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
    rank = pd.Series(range(len(rows)), index=rows.index)
    ranked = rows.assign(turn=turn, rank=rank).sort_values(["turn", "rank"])
    return [int(row) for row in ranked.index[:SHOWN]]
