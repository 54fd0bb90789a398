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

from hilum.report import render, write_report
from hilum.report.sanity.figures import sanity_drawings
from hilum.report.sanity.sheet import HEAD, draw_sanity_sheet


def figure(value: float) -> dict[str, Any]:
    ends = {"low": value - 0.05, "high": value + 0.05}
    return {"value": value, **ends, "method": "bootstrap", "groups": 14}


def both(order: float, shape: float) -> dict[str, Any]:
    return {"rank_correlation": figure(order), "ssim": figure(shape)}


def game(level: str, slices: int) -> dict[str, Any]:
    areas = dict(zip(("map", "moved", "another", "centre"), (0.3, 0.25, 0.35, 0.4), strict=True))
    minus = {order: figure(0.3 - area) for order, area in areas.items() if order != "map"}
    curve = {"probability": [1.0, 0.4, 0.0], "logit": [5.0, 0.0, -5.0]}
    return {
        "level": level, "sentence": f"So it is: {level}.", "slices": slices, "groups": 9,
        "fill": "grey", "areas": {order: figure(area) for order, area in areas.items()},
        "map_minus": minus, "shares": [0.0, 0.5, 1.0],
        "curves": dict.fromkeys(areas, curve) if slices else {},
    }  # fmt: skip


def sanity(*, level: str = "falls", runs: bool = True, slices: int = 20) -> dict[str, Any]:
    stages = [
        {"name": name, "layers": 4, **both(order, 0.3),
         "each_draw": {"rank_correlation": [order - 0.2, order + 0.2], "ssim": [0.2, 0.4]},
         "without_map": [0, 3]}
        for name, order in (("head", 0.6), ("layer4", 0.2), ("conv1 to layer3", -0.1))
    ]  # fmt: skip
    other = {
        "level": "agrees", "sentence": "They agree.", "run": "runs/second", "title": "MobileNetV2",
        "name": "the same recipe, seed 1", "differs": "seed", "seed": 1, **both(0.6, 0.7),
        "floor": both(0.3, 0.4), "lead": both(0.3, 0.3), "without_map": 2,
    }  # fmt: skip
    return {
        "options": {"split": "test"}, "method": "Grad-CAM", "layers": ["bn2"], "slices": 32,
        "groups": 14, "by_target": {"cancer": 32}, "left_out": {"zero map": 20, "not finite": 0},
        "different_slices": both(0.45, 0.5),
        "randomisation": {"level": level, "sentence": "Told.", "draws": 2, "stages": stages},
        "runs": [other] if runs else [], "deletion": game("partly", slices),
        "insertion": game("better", slices),
    }  # fmt: skip


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
