"""The sheet of a figure: scales, captions, and maps that can't be drawn."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from hilum.cam_maps import LOGITS, SHARES
from hilum.steps.figure.sheet import Cell, FigureStyle, as_sheet
from hilum.steps.figure.slices import Shown
from hilum.table import SliceTable


def cell(column: str, value: float, state: str = "ok", side: int = 2) -> Cell:
    cam_map = np.zeros((side, side), np.float32)
    cam_map[0, 0] = value
    return Cell("net", column, "s", "run", ("conv",), 0.75, cam_map, state)


def shown() -> Shown:
    table = SliceTable(pd.DataFrame({"slice_id": ["s"]}), Path())
    return Shown(table, table, [np.zeros((8, 8), np.uint8)], [[]], ["a"], ["a  cancer"])


def style(*, shared: bool, unit: str = LOGITS, kind: str = "layers") -> FigureStyle:
    return FigureStyle(kind, shared, unit, "Grad-CAM for cancer", "cancer")


def test_on_its_own_scale_each_map_reaches_red_and_its_value_is_written() -> None:
    sheet = as_sheet([cell("x", 4.0), cell("y", 0.5)], shown(), style=style(shared=False))
    _, first, second = sheet.panels[0]
    assert first and second and first.share is not None and second.share is not None
    assert (first.share.max(), second.share.max()) == (1, 1)
    assert first.lines == ["conv", "max 4"]
    assert sheet.bar == ("0", "the largest value of each map")
    assert sheet.rows == ["net\np 0.75"]
    assert sheet.columns == ["a  cancer", "x", "y"]


def test_on_one_scale_a_coarse_map_counts_for_the_pixels_it_stands_for() -> None:
    """4 logits in each of 2 x 2 pixels are as much as 1 in each of 4 x 4."""
    cells = [cell("x", 4.0, side=2), cell("y", 1.0, side=4), cell("z", 2.0, side=2)]
    sheet = as_sheet(cells, shown(), style=style(shared=True))
    shares = [one.share.max() for one in sheet.panels[0][1:] if one and one.share is not None]
    assert shares == [1, 1, 0.5]
    assert sheet.bar[1] == "16 logits, were the whole slice so"
    other = as_sheet(cells, shown(), style=style(shared=True, unit=SHARES))
    assert other.bar[1] == f"4 {SHARES}"


def test_what_can_not_be_painted_is_named() -> None:
    cells = [cell("x", 0.0, "zero map"), cell("y", np.nan, "not finite"), cell("z", 1.0)]
    sheet = as_sheet(cells, shown(), style=style(shared=False, kind="depths"))
    zero, broken, fine = sheet.panels[0][1:]
    assert zero and broken and fine
    assert (zero.share, zero.lines) == (None, ["zero map"])
    assert (broken.share, broken.lines) == (None, ["not finite"])
    assert fine.share is not None
    assert "Research use only. Not a medical device." in sheet.notes
