"""The section "Thresholds and calibration": its table, its figure, its words."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hilum.report import render
from hilum.report.run.figures import drawings
from hilum.report.run.files import read_run_files
from hilum.report.run.reliability import reliability
from hilum.scores import Labelled, calibration_block, thresholds_block

pytestmark = pytest.mark.usefixtures("blank_drawings")

MakeRun = Callable[..., Path]
ChangeJson = Callable[[Path, Callable[[Any], object]], None]


def invented(*, right: bool) -> dict[str, Any]:
    """The two blocks of metrics.json for invented probabilities, all right or too sure."""
    rng = np.random.default_rng(0)
    truth = np.arange(80) % 2 == 0
    score = np.where(truth ^ (rng.uniform(size=80) < (0.0 if right else 0.2)), 0.97, 0.03)
    label = np.where(truth, "cancer", "pneumonia").astype(object)
    group = np.array([f"g{n // 2}" for n in range(80)], dtype=object)
    both = np.stack([score, 1 - score], axis=1)
    one = Labelled(group, label, label, both, ["cancer", "pneumonia"], "cancer")
    cases = {"validation": one, "test": one}
    return {"thresholds": thresholds_block(cases), "calibration": calibration_block(cases)}


def section(page: str) -> str:
    """Return the words of the section, without tags and figures."""
    part = re.search(r'<section aria-labelledby="thresholds">(.*?)</section>', page, re.S)
    assert part
    text = re.sub(r"<svg.*?</svg>", " ", part[1], flags=re.S)
    return " ".join(re.sub(r"<[^>]+>", " ", text).split())


@pytest.fixture
def evaluated(make_run: MakeRun, change_json: ChangeJson) -> Callable[..., Path]:
    """A run folder whose metrics.json has both blocks."""

    def make(*, right: bool = False) -> Path:
        run = make_run(level="crossed")
        change_json(run / "metrics.json", lambda content: content.update(invented(right=right)))
        return run

    return make


def test_points_and_calibration_are_what_metrics_json_says(evaluated: Callable[..., Path]) -> None:
    run = evaluated()
    content = read_run_files(run).metrics
    text = section(render(run))
    point = content["thresholds"]["points"]["youden"]
    value = point["test"]["per_slice"]["recall"]["value"]
    assert f"youden {point['threshold']} {value:.2f} (" in text
    assert (
        "Validation slices: the thresholds were chosen on them, so these metrics are optimistic"
        in text
    )
    assert point["threshold"] == 0.5
    temperature = content["calibration"]["temperature"]
    assert f"Temperature {temperature:.2f} fitted on 80 validation slices of 40 groups" in text
    after = content["calibration"]["test"]["after"]["brier"]
    assert f"Brier score, calibrated {after['value']:.2f} (" in text
    assert "Change of the Brier score −0." in text
    assert "It finds every validation slice of 40 cancer groups" in text


def test_where_nothing_was_fitted_there_is_no_after(evaluated: Callable[..., Path]) -> None:
    run = evaluated(right=True)
    text = section(render(run))
    assert "Temperature not fitted" in text
    assert "All 80 validation slices are classified correctly" in text.replace("&#39;", "'")
    assert "calibrated" not in text.lower().replace("calibration", "")
    assert "†" in text  # all found: the exact interval, which the page explains


def test_an_older_run_is_told_what_to_do(make_run: MakeRun) -> None:
    run = make_run()
    assert section(render(run)) == (
        "Thresholds and calibration This run was evaluated before hilum chose thresholds; hilum "
        "evaluate adds them."
    )
    assert "reliability" not in drawings(read_run_files(run))


def test_a_point_that_is_not_defined_says_why(
    evaluated: Callable[..., Path], change_json: ChangeJson
) -> None:
    run = evaluated()

    def undefine(content: dict[str, Any]) -> None:
        content["thresholds"]["points"]["youden"] = {"threshold": None, "note": "only one class"}

    change_json(run / "metrics.json", undefine)
    assert "youden not defined: only one class" in section(render(run))


def test_out_of_fold_figures_say_that_nothing_was_chosen(
    evaluated: Callable[..., Path], change_json: ChangeJson
) -> None:
    run = evaluated()

    def fold(content: dict[str, Any]) -> None:
        content["thresholds"]["chosen_on"] = None
        content["thresholds"]["points"] = {"0.5": content["thresholds"]["points"]["0.5"]}

    change_json(run / "metrics.json", fold)
    text = section(render(run))
    assert "There were no validation slices to choose other thresholds on." in text
    assert "these metrics are optimistic" not in text


def test_the_figure_describes_itself_and_shows_both_curves(
    evaluated: Callable[..., Path], real_drawings: None
) -> None:
    run = evaluated()
    found = drawings(read_run_files(run))["reliability"]
    assert found.description.startswith("Reliability of the probability of cancer. Calibrated: ")
    assert ">Calibrated</text>" in found.svg.replace("\n", "")
    bins = read_run_files(run).metrics["calibration"]["test"]["after"]["reliability"]
    assert found.description.count(" slices)") == len(bins) == 2


def test_names_are_only_text_in_the_figure(real_drawings: None) -> None:
    observed = {"value": None, "low": None, "high": None}
    bins = [{"n": 3, "groups": 2, "probability": 0.2, "observed": {**observed, "value": 0.5}}]
    svg = reliability(bins, None, positive="<i>$\\frac$")
    assert "&lt;i&gt;$\\frac$" in svg
    assert "Calibrated" not in svg
