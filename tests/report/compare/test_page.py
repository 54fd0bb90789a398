"""The files of a comparison show what comparison.json holds, and nothing from elsewhere."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from hilum.report.compare.figures import _spread
from hilum.report.compare.page import comparison_drawings, render_comparison
from hilum.report.compare.tables import (
    difference_rows,
    table_markdown,
    table_rows,
)


@pytest.fixture(scope="module")
def page(compared: dict[str, Any]) -> str:
    return render_comparison(compared)


def test_the_page_holds_no_script_and_loads_nothing(page: str) -> None:
    assert "default-src 'none'" in page
    assert "<script" not in page
    assert re.findall(r'(?:src|href)="(?!#|data:)[^"]*"', page) == []
    assert re.findall(r"url\((?!#)", page) == []
    assert "&lt;b&gt;Net&lt;/b&gt;" in page
    assert "<b>Net" not in page


def test_every_id_of_the_page_is_there_once_and_every_reference_hits_one(page: str) -> None:
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'(?:href="#|aria-labelledby=")([^"]+)"', page)) <= set(ids)


def test_random_weights_are_marked_in_every_table_and_figure(
    compared: dict[str, Any], page: str
) -> None:
    assert "VGG19, random weights" in table_markdown(compared)
    assert "VGG19, random weights" in set(table_rows(compared)["name"])
    assert "VGG19, random weights" in set(difference_rows(compared)["second"])
    plain = page.replace('<span class="random">', "").replace("</span>", "")
    rows = re.findall(r"<th scope=\"row[^>]*>\s*(?:\d+ )?VGG19[^<]*", plain)
    assert len(rows) >= 8
    assert all(row.endswith("VGG19, random weights") for row in rows)
    for name, drawing in comparison_drawings(compared).items():
        if "VGG19" in drawing.svg:
            assert "random weights" in drawing.svg, name
    assert "1 of 2 began from random weights" in page


def test_the_tables_hold_the_numbers(compared: dict[str, Any]) -> None:
    rows = table_rows(compared).set_index(["unit", "name"])
    for run in compared["runs"]:
        for unit in ("per_slice", "per_group"):
            for name in ("accuracy", "auc", "specificity"):
                figure, row = run[unit]["figures"][name], rows.loc[(unit, run["name"])]
                assert (row[name], row[f"{name}_low"], row[f"{name}_high"]) == (
                    figure["value"],
                    figure["low"],
                    figure["high"],
                )
    found = difference_rows(compared)
    pair = compared["sets"][0]["pairs"]["per_group"]["accuracy"][0]
    row = found[(found["unit"] == "per_group") & (found["figure"] == "accuracy")].iloc[0]
    assert (row["value"], row["p"], row["p_holm"]) == (pair["value"], pair["p"], pair["p_holm"])
    assert len(found) == 4


def test_a_bar_in_a_name_does_not_end_a_cell_of_the_markdown(compared: dict[str, Any]) -> None:
    lines = [line for line in table_markdown(compared).splitlines() if line.startswith("|")]
    assert len({len(re.split(r"(?<!\\)\|", line)) for line in lines}) == 1


def test_the_border_and_the_verdict_stand_above_the_table(
    compared: dict[str, Any], page: str
) -> None:
    markdown = table_markdown(compared)
    for words in (
        "**Design: crossed.**",
        "**Border alone:** AUC",
        "The test set has few groups (4 of cancer, 6 of pneumonia)",
    ):
        assert 0 < markdown.index(words) < markdown.index("| Network |")
    assert page.index("Design verdict") < page.index("Border probe") < page.index('id="table"')


def test_calibration_and_operating_points_are_shown(page: str) -> None:
    assert "sensitivity 0.95" in page
    assert "Brier score" in page


def test_labels_stand_apart_and_keep_their_order() -> None:
    assert _spread([0.2, 0.5, 0.9], 0.1) == pytest.approx([0.2, 0.5, 0.9])
    assert _spread([0.98, 0.99, 1.0], 0.1) == pytest.approx([0.8, 0.9, 1.0])
    assert _spread([0.0, 0.0, 0.05], 0.1) == pytest.approx([0.0, 0.1, 0.2])
    assert _spread([1.0] * 20, 0.1)[0] == pytest.approx(0.0)


def test_the_written_files_are_those_of_the_content(compared: dict[str, Any], page: str) -> None:
    out = Path(compared["runs"][0]["folder"]).parent / "out"
    assert (out / "comparison.html").read_text(encoding="utf-8") == page
    assert (out / "table.md").read_text(encoding="utf-8") == table_markdown(compared)
    assert len(pd.read_csv(out / "table.csv")) == 4


def test_the_corner_is_drawn_larger_where_the_curves_are_in_it(content: dict[str, Any]) -> None:
    for area, there in ((0.95, True), (0.85, False)):
        for run in content["runs"]:
            run["per_slice"]["figures"]["auc"]["value"] = area
        assert ("roc_corner" in comparison_drawings(content)) is there
