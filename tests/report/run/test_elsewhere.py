"""The report shows what a run reaches within a source, by part, and on other tables."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from made_runs import Made, changed, made_elsewhere, made_run, made_table

from hilum.errors import RunError
from hilum.report import render
from hilum.report.numbers import decimals, fixed, interval
from hilum.run import Run

pytestmark = pytest.mark.usefixtures("blank_drawings")


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Run, dict[str, dict[str, Any]]]:
    """The page of a run with three evaluations elsewhere, the run, and their metrics."""
    run = made_run(tmp_path_factory.mktemp("shown") / "run", made_table((36, 60)), Made(epochs=3))
    elsewhere = {
        "clinic": made_elsewhere(run, "clinic", Made(noise=3.0, seed=4)),
        "normals": made_elsewhere(run, "normals", only="normal"),
        "seen": made_elsewhere(run, "seen", shared=6),
    }
    return render(run.folder), run, elsewhere


def text_of(page: str, section: str) -> str:
    """The words of one section."""
    part = page[page.index(f'aria-labelledby="{section}"') :]
    part = re.sub(r"<svg.*?</svg>", " ", part[: part.index("</section>")], flags=re.S)
    return " ".join(re.sub(r"<[^>]+>", " ", part).split())


def written(metric: dict[str, Any]) -> str:
    mark = " †" if metric["method"] == "exact" else ""
    return f"{fixed(metric['value'], decimals(metric))} ({interval(metric)}){mark}"


def test_each_evaluation_stands_next_to_the_own_test_slices(
    shown: tuple[str, Run, dict[str, dict[str, Any]]],
) -> None:
    page, run, elsewhere = shown
    text = text_of(page, "elsewhere")
    own = run.metrics()["splits"]["test"]["per_slice"]["figures"]["auc"]
    assert text.index(written(own)) < text.index("clinic")
    clinic = elsewhere["clinic"]
    for metric in (
        clinic["per_slice"]["figures"]["auc"], clinic["border_probe"]["test"]["auc"],
        clinic["within_source"]["pooled"], elsewhere["normals"]["called_positive"],
    ):  # fmt: skip
        assert written(metric) in text
    assert "cancer against normal" in text


def test_slices_that_are_shared_with_training_are_marked_in_table_and_figure(
    shown: tuple[str, Run, dict[str, dict[str, Any]]],
) -> None:
    page, _, _ = shown
    text = text_of(page, "elsewhere")
    assert "* seen: 6 of 96 slices are shared with training" in text
    assert "This is no test on new patients." in text
    assert "seen*: AUC" in page and "clinic: AUC" in page
    assert "normals: AUC" not in page  # one class: no AUC, no bar


def test_the_auc_within_a_source_stands_under_the_headline(
    shown: tuple[str, Run, dict[str, dict[str, Any]]],
) -> None:
    page, run, _ = shown
    within = run.metrics()["within_source"]
    assert f"Within a source {written(within['pooled'])}" in text_of(page, "headline")
    assert within["sentence"] in text_of(page, "parts")
    assert "Network, within a source: AUC" in page


def test_the_decision_curve_says_where_the_network_is_worth_it(
    shown: tuple[str, Run, dict[str, dict[str, Any]]],
) -> None:
    page, run, _ = shown
    curve = run.metrics()["decision_curve"]
    first, last = curve["best"][0]
    assert f"{first:.2f} to {last:.2f}" in text_of(page, "benefit")
    assert "Net benefit of calling cancer, by threshold probability." in page


def test_every_id_is_there_once_and_every_reference_hits_one(
    shown: tuple[str, Run, dict[str, dict[str, Any]]],
) -> None:
    page, _, _ = shown
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(ids)


def test_where_every_source_holds_one_class_the_page_says_so(tmp_path: Path) -> None:
    table = made_table()
    table.rows["source"] = np.where(table.rows["label"] == "cancer", "a", "b")
    run = made_run(tmp_path / "run", table, Made())
    page = render(run.folder)
    assert ": none (no source holds both classes)" in text_of(page, "headline")
    assert "AUC within a source: none: every source holds one class." in text_of(page, "parts")


def test_a_run_of_an_older_version_has_neither_section(tmp_path: Path) -> None:
    run = made_run(tmp_path / "run", made_table(), Made())
    changed(run.metrics_file, within_source=None, parts=None, decision_curve=None)
    page = render(run.folder)
    assert 'id="parts"' not in page and 'id="benefit"' not in page
    assert 'id="elsewhere"' not in page


def test_an_evaluation_that_lacks_a_key_is_refused_with_the_command(tmp_path: Path) -> None:
    run = made_run(tmp_path / "run", made_table(), Made())
    made_elsewhere(run, "clinic")
    changed(run.elsewhere / "clinic" / "metrics.json", called_positive=None)
    with pytest.raises(RunError, match=r"lacks 'called_positive'; write it again with `hilum eval"):
        render(run.folder)
