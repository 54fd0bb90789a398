"""The page and table of a cohort: every count in the table, figures where something is known."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from hilum.report.describe import (
    cohort_rows,
    percent,
    plain_number,
    render_cohort,
    write_cohort,
)
from hilum.steps.describe.cohort import cohort_of
from hilum.table import read_csv


@pytest.fixture(scope="module")
def content() -> dict[str, Any]:
    """Six slices of four patients; sex and age are known of three of them."""
    rows = pd.DataFrame(
        {
            "slice_id": [f"s{n}" for n in range(6)], "label": ["cancer"] * 4 + ["normal"] * 2,
            "group": ["a", "a", "b", "b", "c", "d"], "source": "site <1>",
            "sex": ["male", "male", "female", "female", "male", ""],
            "age": ["50", "50", "60", "60", "70", ""],
            "exclusion": ["", "=covid", "", "", "", ""],
        }
    )  # fmt: skip
    cohort = cohort_of(rows, title="slices.csv")
    return {"hilum": "0.1.0", "design": None, "notes": None, **cohort}


@pytest.mark.parametrize(
    ("count", "total", "text"), [(1, 8, "12.5 %"), (0, 3, "0.0 %"), (3, 3, "100.0 %"), (0, 0, "–")]
)
def test_shares_are_percent_with_one_decimal(count: int, total: int, text: str) -> None:
    assert percent(count, total) == text


@pytest.mark.parametrize(("value", "text"), [(63.0, "63"), (58.55, "58.5"), (None, "–")])
def test_numbers_have_at_most_one_decimal(value: float | None, text: str) -> None:
    assert plain_number(value) == text


def cell(rows: pd.DataFrame, **where: str) -> dict[str, str]:
    found = rows
    for column, value in where.items():
        found = found[found[column] == value]
    assert len(found) == 1, found
    return {str(key): str(value) for key, value in found.iloc[0].items()}


def test_every_count_has_its_row_with_its_shares(content: dict[str, Any]) -> None:
    rows = cohort_rows(content)
    assert cell(rows, characteristic="counts", value="slices", label="cancer")["number"] == "4"
    sex = cell(rows, characteristic="sex", value="female", label="cancer")
    assert (sex["slices"], sex["groups"]) == ("2", "1")
    assert (sex["share"], sex["share_of_groups"]) == ("0.5000", "0.5000")
    unknown = cell(rows, characteristic="sex", value="unknown", label="normal")
    assert (unknown["slices"], unknown["share"]) == ("1", "0.5000")
    assert cell(rows, characteristic="age", value="mean", label="cancer")["number"] == "55.0"
    assert cell(rows, characteristic="exclusion", value="=covid")["slice_id"] == "s1"


def test_the_folder_holds_page_table_and_figures(content: dict[str, Any], tmp_path: Path) -> None:
    write_cohort(content, tmp_path)
    assert {path.name for path in (tmp_path / "figures").iterdir()} == {"ages.svg", "sex.svg"}
    back = read_csv(tmp_path / "cohort.csv")
    assert "'=covid" in back["value"].tolist()  # a spreadsheet would run it
    assert len(back) == len(cohort_rows(content))


def test_the_page_says_what_its_figures_show_and_holds_no_script(content: dict[str, Any]) -> None:
    page = render_cohort(content)
    assert "site &lt;1&gt;" in page and "site <1>" not in page
    assert "Histogram of ages. cancer: median 55 years, 4 of 4 slices known; normal: " in page
    assert "slices: female cancer 2, normal 0" in page or "male cancer 2, normal 1" in page
    assert "<script" not in page


def test_what_is_known_of_no_class_has_no_figure(content: dict[str, Any]) -> None:
    none = pd.DataFrame(
        {"slice_id": ["a"], "label": "cancer", "group": "g", "source": "s", "sex": "", "age": ""}
    )
    page = render_cohort({"hilum": "0", "design": None, "notes": None,
                          **cohort_of(none, title="t.csv")})  # fmt: skip
    assert "Histogram of ages" not in page
