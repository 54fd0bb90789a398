"""The section on the maps' sanity: what it shows of sanity.json, and how loudly."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from sanity_content import sanity

from hilum.report import render, write_report
from hilum.report.sanity.figures import sanity_drawings
from hilum.report.sanity.sheet import HEAD, draw_sanity_sheet

pytestmark = pytest.mark.usefixtures("blank_drawings")


def written(run: Path, content: dict[str, Any]) -> Path:
    (run / "sanity").mkdir()
    (run / "sanity" / "sanity.json").write_text(json.dumps(content), encoding="utf-8")
    Image.new("RGB", (9, 9)).save(run / "sanity" / "maps.png")
    return run


def test_a_run_whose_maps_were_not_checked_has_no_section(usual_page: str) -> None:
    assert "Do the maps mean anything?" not in usual_page


def test_the_page_says_what_each_check_came_to(make_run: Callable[..., Path]) -> None:
    run = written(make_run(), sanity())
    page = render(run)
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", page))
    for part in (
        "Grad-CAM at bn2, 32 test slices of 14 groups, for cancer. 20 further slices of the "
        "sample have no map (zero map).",
        "The maps depend on what was learnt. Told.",
        "mean of 2 draws of the weights",
        "The same recipe, seed 1: the maps agree. They agree.",
        "Deletion: the map beats some control orders, not all. So it is: partly.",
        "Insertion: the map finds what the network uses. So it is: better.",
        "Map, moved elsewhere",
    ):
        assert part in text, part
    assert 'class="sheet"><img src="data:image/png;base64,' in page
    write_report(run)
    names = {path.stem for path in (run / "figures").iterdir()}
    assert {"sanity_layers", "sanity_runs", "sanity_removal"} <= names


@pytest.mark.parametrize(
    ("level", "weight"),
    [("falls", "quiet"), ("partly", "medium"), ("stays", "strong"), ("new word", "strong")],
)
def test_maps_that_depend_on_nothing_are_said_loudly(
    level: str, weight: str, make_run: Callable[..., Path]
) -> None:
    page = render(written(make_run(), sanity(level=level)))
    section = page[page.index("When what was learnt is removed") :]
    found = re.search(r'<p class="meaning (\w+)">', section)
    assert found and found[1] == weight


def test_what_was_not_measured_is_left_out(make_run: Callable[..., Path]) -> None:
    content = sanity(runs=False, slices=0)
    assert list(sanity_drawings(content)) == ["sanity_layers"]
    page = render(written(make_run(), content))
    assert "What other runs" not in page
    assert "mean probability while pixels are replaced" not in page


def test_each_map_of_the_sheet_is_on_its_own_scale_and_an_empty_one_shows_the_slice() -> None:
    grey = np.full((32, 32), 90, dtype=np.uint8)
    weak = np.zeros((4, 4), dtype=np.float32)
    weak[0, 0] = 1e-4
    broken = np.full((4, 4), np.nan, dtype=np.float32)
    sheet = np.asarray(
        draw_sanity_sheet([grey], {"weak": [weak], "strong": [1e6 * weak], "none": [broken]})
    )
    plain, first, second, none = (sheet[HEAD:, left : left + 132] for left in (0, 138, 276, 414))
    assert (plain == 90).all()
    np.testing.assert_allclose(first.astype(int), second.astype(int), atol=1)  # rounding
    assert (first != plain).any()
    np.testing.assert_array_equal(none, plain)
