"""The content of comparison.json: metrics, paired differences, marks, power."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from made_runs import Made, made_run, made_table

import hilum

TABLE = made_table()


def test_the_comparison_holds_the_figures_of_each_run(three: list[Path], tmp_path: Path) -> None:
    content = hilum.compare(three, out=tmp_path / "out")
    assert [run["name"] for run in content["runs"]] == [
        "MobileNetV2",
        "VGG16",
        "VGG19, random weights",
    ]
    for folder, run in zip(three, content["runs"], strict=True):
        metrics = json.loads((folder / "metrics.json").read_text())
        assert run["per_slice"] == metrics["splits"]["test"]["per_slice"]
        assert run["per_group"] == metrics["splits"]["test"]["per_group"]
        assert run["border"]["auc"] == metrics["border_probe"]["test"]["auc"]
    assert content["runs"][2]["input_size"] == [320]
    assert content["runs"][1]["parameters"] == {"total": 14_849_602, "trained": 7_424_801}
    assert content["refusal"] == {"sentence": "", "reasons": []}
    one = content["sets"][0]
    assert one["design"]["level"] == "crossed"
    assert one["n"] == 30  # 4 groups of cancer and 6 of pneumonia, 3 slices each
    assert len(one["pairs"]["per_slice"]["auc"]) == 3
    assert json.loads((tmp_path / "out" / "comparison.json").read_text()) == content


def test_a_difference_is_that_of_the_two_figures(three: list[Path], tmp_path: Path) -> None:
    content = hilum.compare(three, out=tmp_path / "out")
    values = {run["name"]: run for run in content["runs"]}
    for unit in ("per_slice", "per_group"):
        for name, pairs in content["sets"][0]["pairs"][unit].items():
            for pair in pairs:
                first, second = (
                    values[pair[which]][unit]["figures"][name]["value"]
                    for which in ("first", "second")
                )
                assert pair["value"] == pytest.approx(first - second, abs=2e-6)
                assert pair["p"] <= pair["p_holm"] <= 1


def test_what_is_best_beyond_chance_is_marked_in_every_table(tmp_path: Path) -> None:
    table = made_table((90, 90))
    good, bad = tmp_path / "good", tmp_path / "bad"
    truth = table.rows["label"] == "cancer"
    made_run(good, table, Made(title="Good", cancer=list(np.where(truth, 0.9, 0.1))))
    rng = np.random.default_rng(0)
    made_run(bad, table, Made(title="Bad", cancer=list(rng.random(len(table)))))
    content = hilum.compare([good, bad], out=tmp_path / "out")
    assert set(content["best"]["per_slice"].values()) == {"Good"}
    markdown = (tmp_path / "out" / "table.md").read_text(encoding="utf-8")
    good_row, bad_row = (re.search(rf"^\| {n} .*$", markdown, re.M)[0] for n in ("Good", "Bad"))
    assert good_row.count("**") == 12  # six figures
    assert "**" not in bad_row
    rows = pd.read_csv(tmp_path / "out" / "table.csv").set_index(["unit", "name"])
    assert rows.loc[("per_slice", "Good"), "auc_best"] == 1
    assert rows.loc[("per_slice", "Bad"), "auc_best"] == 0


def test_perfect_networks_are_not_told_apart(tmp_path: Path) -> None:
    truth = TABLE.rows["label"] == "cancer"
    for name, high in {"a": 0.9, "b": 0.8}.items():
        made_run(tmp_path / name, TABLE, Made(title=name, cancer=list(np.where(truth, high, 0.1))))
    content = hilum.compare([tmp_path / "a", tmp_path / "b"], out=tmp_path / "out")
    assert set(content["best"]["per_slice"].values()) == {None}
    assert content["best"]["sentence"].startswith(
        "No network is significantly better than all others"
    )
    pair = content["sets"][0]["pairs"]["per_slice"]["auc"][0]
    assert (pair["value"], pair["p"], pair["method"]) == (0.0, 1.0, "exact")


def test_few_groups_are_said_to_be_unable_to_show_anything(
    three: list[Path], tmp_path: Path
) -> None:
    power = hilum.compare(three, out=tmp_path / "out")["sets"][0]["power"]
    # four test groups of cancer: 2 * 0.5 ** 4, times three pairs
    assert (power["groups"], power["least_p"], power["least_p_holm"]) == (4, 0.125, 0.375)
    assert "These slices can't show that one of these networks is better" in power["sentence"]


def test_scores_that_are_all_equal_and_a_class_that_is_not_there(tmp_path: Path) -> None:
    made_run(tmp_path / "a", TABLE, Made(title="a", cancer=[0.5] * len(TABLE)))
    made_run(tmp_path / "b", TABLE, Made(title="b", cancer=[0.4] * len(TABLE)))
    content = hilum.compare([tmp_path / "a", tmp_path / "b"], out=tmp_path / "out")
    assert content["runs"][0]["per_slice"]["figures"]["auc"]["value"] == 0.5
    assert content["sets"][0]["pairs"]["per_slice"]["precision"][0]["value"] is None
    keep = (TABLE.rows["split"] != "test") | (TABLE.rows["label"] == "cancer")
    one_class = TABLE.where(keep)
    for name in ("c", "d"):
        made_run(tmp_path / name, one_class, Made(title=name))
    content = hilum.compare([tmp_path / "c", tmp_path / "d"], out=tmp_path / "out2")
    assert content["sets"][0]["power"] is None
    assert content["best"]["per_slice"]["auc"] is None
    assert "There is no ROC curve" in (tmp_path / "out2" / "comparison.html").read_text()


def test_the_paper_stands_next_to_its_networks_only(three: list[Path], tmp_path: Path) -> None:
    made_run(tmp_path / "d", TABLE, Made(title="ConvNeXt", backbone="convnext_tiny"))
    paper = hilum.compare([*three, tmp_path / "d"], out=tmp_path / "out")["paper"]
    assert [row["network"] for row in paper["networks"]] == ["MobileNetV2", "VGG16", "VGG19"]
    assert paper["networks"][1]["figures"]["auc"] == 0.999
    assert "No difference between the two means anything" in paper["sentence"]
