"""A comparison shows AUCs within sources and on other tables next to those of the test slices."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from made_runs import Made, made_elsewhere, made_run, made_table

import hilum
from hilum.report.compare.page import render_comparison
from hilum.report.compare.tables import table_markdown, table_rows
from hilum.report.numbers import fixed

pytestmark = pytest.mark.usefixtures("blank_drawings")


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A comparison of two networks, of which the first was tried on three other tables."""
    folder, table = tmp_path_factory.mktemp("compared"), made_table((36, 60))
    first = made_run(folder / "0", table, Made(noise=0.5, seed=1))
    second = made_run(folder / "1", table, Made(title="VGG19", noise=2.0, seed=2))
    made_elsewhere(first, "clinic", Made(noise=3.0, seed=4))
    made_elsewhere(first, "normals", only="normal")
    made_elsewhere(first, "seen", shared=6)
    made_elsewhere(second, "clinic", Made(noise=4.0, seed=5))
    return hilum.compare([folder / "0", folder / "1"], out=folder / "out")


def test_the_page_has_a_column_for_each_table_and_marks_shared_slices(
    compared: dict[str, Any],
) -> None:
    page = render_comparison(compared)
    part = page[page.index('aria-labelledby="elsewhere"') :]
    part = part[: part.index("</section>")]
    text = " ".join(re.sub(r"<[^>]+>", " ", part).split())
    for name in ("clinic", "normals", "seen"):
        assert part.count(f'<th scope="col" class="wrap">{name}</th>') == 1
    first, second = compared["runs"]
    for run in (first, second):
        assert fixed(run["elsewhere"][0]["auc"]["value"], 2) in text
    assert "called cancer" in text
    assert "seen: 6 of 96 slices are shared with training" in text
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(ids)


def test_the_markdown_table_has_them_too(compared: dict[str, Any]) -> None:
    lines = table_markdown(compared).splitlines()
    header = next(line for line in lines if line.startswith("| Network | Accuracy"))
    assert "AUC within a source" in header
    start = lines.index("## On slices of other tables")
    assert (
        lines[start + 2] == "| Network | AUC, own test | AUC, clinic | AUC, normals | AUC, seen |"
    )
    vgg = next(line for line in lines[start:] if line.startswith("| VGG19"))
    assert vgg.endswith("| – | – |") and ", border 0." in vgg
    assert any(line.startswith("\\* seen: 6 of 96 slices") for line in lines)


def test_the_csv_has_the_auc_within_a_source(compared: dict[str, Any]) -> None:
    rows = table_rows(compared)
    per_slice = rows[rows["unit"] == "per_slice"]
    pooled = [run["within_source"]["pooled"]["value"] for run in compared["runs"]]
    assert per_slice["auc_within_source"].tolist() == pooled


def test_without_evaluations_elsewhere_there_are_no_columns(tmp_path: Path) -> None:
    table = made_table()
    for number in range(2):
        made_run(tmp_path / str(number), table, Made(seed=number, title=f"Net {number}"))
    content = hilum.compare([tmp_path / "0", tmp_path / "1"], out=tmp_path / "out")
    assert "On slices of other tables" not in table_markdown(content)
    assert "Within a source" in render_comparison(content)
