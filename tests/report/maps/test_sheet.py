"""Figures of maps for print: what is written, where panels stand, which form."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hilum.boxes import Box
from hilum.report.maps.colours import BLUE, GREEN, RED, YELLOW, colours_of, overlaid
from hilum.report.maps.sheet import DOTS, MM, Panel, Sheet, draw_sheet

GREY = np.full((40, 60), 90, dtype=np.uint8)


def sheet(rows: int = 2, columns: int = 3) -> Sheet:
    hot = np.zeros((4, 4), dtype=np.float32)
    hot[1, 2] = 1.0
    panel = Panel(GREY, [Box(10, 30, 20, 45)], hot, ["p 0.98, max 0.41"])
    return Sheet(
        [f"row {n}" for n in range(rows)], [f"column {n}" for n in range(columns)],
        [[panel] * columns for _ in range(rows)], ("0", "the largest"), ["A note.", "Another."],
    )  # fmt: skip


def drawn(what: Sheet, path: Path, **how: float) -> np.ndarray:
    draw_sheet(what, path, ending=".png", **how)
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))


def test_colours_run_from_blue_over_yellow_to_red() -> None:
    found = colours_of(np.array([0.0, 0.5, 1.0]))
    np.testing.assert_array_equal(found, [BLUE, YELLOW, RED])


def test_a_map_of_nothing_leaves_the_slice_and_a_strong_one_lets_it_through() -> None:
    picture = np.full((1, 2, 3), 100, dtype=np.uint8)
    found = overlaid(picture, np.array([[0.0, 1.0]]))
    assert found[0, 0].tolist() == [100, 100, 100]
    assert found[0, 1].tolist() == [int(100 * 0.35 + level * 0.65) for level in RED]


def test_a_figure_is_as_wide_as_the_page_at_300_dots_an_inch(tmp_path: Path) -> None:
    wide = drawn(sheet(3, 4), tmp_path / "a.png", width=180).shape[1]
    assert wide * 25.4 / DOTS == pytest.approx(180, abs=2)
    with Image.open(tmp_path / "a.png") as image:
        assert image.info["dpi"] == pytest.approx((300, 300), abs=0.1)


def test_panels_are_painted_where_they_stand_and_boxes_are_green(tmp_path: Path) -> None:
    one = drawn(sheet(1, 1), tmp_path / "a.png")
    green = np.argwhere((np.abs(one.astype(int) - GREEN) < 12).all(axis=2))
    rows, columns = green.min(axis=0), green.max(axis=0)
    # a panel of 42 mm: the slice is 60 pixels wide, 40 high, so 28 mm, in the middle
    scale = 42 / 60
    left, top = 1.5 + 25.0 + 30 * scale, 1.5 + 7.5 + 7.0 + 10 * scale
    assert rows * 25.4 / DOTS == pytest.approx([top, left], abs=0.4)
    assert (columns - rows) * 25.4 / DOTS == pytest.approx([10 * scale, 15 * scale], abs=0.4)
    reddest = np.argwhere(one[:, :, 0].astype(int) - one[:, :, 2] > 120)
    assert len(reddest) > 0


@pytest.mark.parametrize(
    "name",
    ["MobileNetV2, robust\nseed-0", "InceptionResNetV2, robust", "a_name_without_any_space_in_it"],
)
def test_headings_of_rows_end_before_the_panels(tmp_path: Path, name: str) -> None:
    one = sheet(1, 1)
    found = drawn(Sheet([name], one.columns, one.panels, one.bar, one.notes), tmp_path / "a.png")
    beside = slice(int(10 * MM * DOTS), int(50 * MM * DOTS))
    left = int((1.5 + 25.0) * MM * DOTS)
    assert (found[beside, : left - 12] < 128).any()
    assert (found[beside, left - 12 : left - 1] == 255).all()


def test_rows_and_columns_change_places_where_panels_get_larger(tmp_path: Path) -> None:
    """Twelve columns of one row would be 11 mm wide; as rows they are 14."""
    wide = drawn(sheet(1, 3), tmp_path / "a.png")
    turned = drawn(sheet(1, 12), tmp_path / "b.png", width=90)
    assert wide.shape[1] > wide.shape[0]
    assert turned.shape[0] > turned.shape[1]


def test_text_is_drawn_in_svg_and_its_fonts_are_embedded_in_pdf(tmp_path: Path) -> None:
    draw_sheet(sheet(), tmp_path / "a.svg", ending=".svg")
    svg = (tmp_path / "a.svg").read_text()
    assert "<text" not in svg
    assert svg.count("<image") == 7  # six panels and the colour bar
    draw_sheet(sheet(), tmp_path / "a.pdf", ending=".pdf")
    pdf = (tmp_path / "a.pdf").read_bytes()
    assert re.search(rb"/FontFile2 \d+ 0 R", pdf)
    assert b"/Type3" not in pdf


@pytest.mark.parametrize("ending", [".pdf", ".png", ".svg"])
def test_equal_figures_are_equal_files(tmp_path: Path, ending: str) -> None:
    for name in ("a", "b"):
        draw_sheet(sheet(), tmp_path / name, ending=ending)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_names_with_dollar_signs_and_foreign_letters_do_no_harm(tmp_path: Path) -> None:
    odd = Sheet(
        ["$a_b$\n肺"], ["x^2$"], [[Panel(GREY, [], None, ["…" * 60])]], ("0", "$"), ["$ 肺"]
    )
    assert drawn(odd, tmp_path / "a.png").shape[1] * MM > 0
