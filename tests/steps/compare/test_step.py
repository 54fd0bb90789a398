"""Comparing runs: what is compared, what is refused, what the files say."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from made_runs import Made, changed, made_folds, made_run, made_table

import hilum
from hilum.errors import RunError, UsageError
from hilum.table import SliceTable

TABLE = made_table()


@pytest.fixture
def three(made_three: Path, tmp_path: Path) -> list[Path]:
    """Three networks on the same slices, one of them from random weights; a test may spoil them."""
    shutil.copytree(made_three, tmp_path, dirs_exist_ok=True)
    return [tmp_path / name for name in ("a", "b", "c")]


@pytest.fixture(scope="module")
def made_three(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the three, made once."""
    location = tmp_path_factory.mktemp("three")
    made = [
        Made(noise=0.4, seed=1, epochs=4),
        Made(title="VGG16", backbone="vgg16", noise=1.5, seed=2, parameters=14_849_602, epochs=4),
        Made(
            title="VGG19", backbone="vgg19", noise=3.0, seed=3, pretrained=False, size=320, epochs=4
        ),
    ]
    for name, one in zip(("a", "b", "c"), made, strict=True):
        made_run(location / name, TABLE, one)
    return location


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


def test_rows_in_another_order_and_files_elsewhere_are_the_same_slices(tmp_path: Path) -> None:
    made_run(tmp_path / "a", TABLE, Made(seed=1))
    order = np.random.default_rng(0).permutation(len(TABLE))
    rows = TABLE.rows.iloc[order].assign(path=[f"elsewhere/{n}.png" for n in order])
    output = made_run(tmp_path / "b", TABLE, Made(seed=1)).predictions()
    shutil.rmtree(tmp_path / "b")
    shuffled = SliceTable(rows.reset_index(drop=True), TABLE.folder)
    cancer = list(output["probability_cancer"].iloc[order])
    made_run(tmp_path / "b", shuffled, Made(title="Other", cancer=cancer))
    content = hilum.compare([tmp_path / "a", tmp_path / "b"], out=tmp_path / "out")
    for pair in content["sets"][0]["pairs"]["per_slice"].values():
        assert (pair[0]["value"], pair[0]["p"]) == (0.0, 1.0)


def other_split(table: SliceTable) -> SliceTable:
    swapped = {"validation": "test", "test": "validation", "train": "train"}
    return SliceTable(table.rows.assign(split=table.rows["split"].map(swapped)), table.folder)


def fewer(table: SliceTable) -> SliceTable:
    return table.where(table.rows["group"] != "cancer-0")


def relabelled(table: SliceTable) -> SliceTable:
    rows = table.rows.copy()
    rows.loc[rows["group"] == "cancer-11", "label"] = "pneumonia"
    return SliceTable(rows, table.folder)


def regrouped(table: SliceTable) -> SliceTable:
    group = table.rows["group"].replace({"cancer-11": "cancer-10"})
    return SliceTable(table.rows.assign(group=group), table.folder)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (fewer, "other slices (3 only in the first, 0 only in the second)"),
        (other_split, "the same slices, but another split"),
        (relabelled, "the same slices, but other labels (3 of 96 differ)"),
        (regrouped, "the same slices, but other groups (3 of 96 differ)"),
    ],
)
def test_runs_on_other_slices_or_splits_are_not_compared_pairwise(
    tmp_path: Path, change: Any, words: str
) -> None:
    made_run(tmp_path / "a", TABLE, Made(noise=0.1))
    made_run(tmp_path / "b", TABLE, Made(title="VGG16", noise=0.2))
    made_run(tmp_path / "c", change(TABLE), Made(title="VGG19", noise=9.0))
    runs = [tmp_path / name for name in ("a", "b", "c")]
    content = hilum.compare(runs, out=tmp_path / "out")
    sentence = content["refusal"]["sentence"]
    assert sentence.startswith("These runs were made on different tables or splits, in 2 sets")
    assert words in sentence
    assert [one["runs"] for one in content["sets"]] == [["MobileNetV2", "VGG16"], ["VGG19"]]
    assert [len(one["pairs"]["per_slice"]["auc"]) for one in content["sets"]] == [1, 0]
    assert set(content["best"]["per_slice"].values()) == {None}
    assert "not all on the same slices" in content["best"]["sentence"]
    for name in ("table.md", "comparison.html"):
        text = (tmp_path / "out" / name).read_text(encoding="utf-8")
        assert "different tables or splits" in text
        assert "VGG19" in text


def test_another_positive_class_is_not_compared(tmp_path: Path) -> None:
    for name in ("a", "b"):
        made_run(tmp_path / name, TABLE, Made(title=name))
    path = tmp_path / "b" / "metrics.json"
    changed(path, positive="pneumonia")
    content = hilum.compare([tmp_path / "a", tmp_path / "b"], out=tmp_path / "out")
    assert "another positive class (cancer; pneumonia)" in content["refusal"]["sentence"]


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


def test_names_are_made_unique_by_folder(tmp_path: Path) -> None:
    places = ["one/run", "two/run", "other"]
    for location in places:
        made_run(tmp_path / location, TABLE, Made(pretrained=location != "other"))
    made_run(tmp_path / "third", TABLE, Made(pretrained=False))
    runs = [tmp_path / location for location in [*places, "third"]]
    names = [run["name"] for run in hilum.compare(runs, out=tmp_path / "out")["runs"]]
    assert names == [
        "MobileNetV2 (one/run)",
        "MobileNetV2 (two/run)",
        "MobileNetV2 (other), random weights",
        "MobileNetV2 (third), random weights",
    ]


def test_the_paper_stands_next_to_its_networks_only(three: list[Path], tmp_path: Path) -> None:
    made_run(tmp_path / "d", TABLE, Made(title="ConvNeXt", backbone="convnext_tiny"))
    paper = hilum.compare([*three, tmp_path / "d"], out=tmp_path / "out")["paper"]
    assert [row["network"] for row in paper["networks"]] == ["MobileNetV2", "VGG16", "VGG19"]
    assert paper["networks"][1]["figures"]["auc"] == 0.999
    assert "No difference between the two means anything" in paper["sentence"]


def test_an_ensemble_and_a_run_without_history_are_compared_too(
    three: list[Path], tmp_path: Path
) -> None:
    folder = tmp_path / "both"
    made_run(folder, TABLE, Made(title="Ensemble of 2: x", kind="ensemble", seconds=None))
    for name in ("a", "b"):
        shutil.copytree(tmp_path / name, folder / "members" / name)
    changed(folder / "network.json", parameters=None)
    content = hilum.compare([*three, folder], out=tmp_path / "out")
    run = content["runs"][3]
    assert (run["kind"], run["members"]) == ("ensemble", 2)
    assert run["parameters"]["total"] == 2_555_394 + 14_849_602
    assert run["seconds"] == pytest.approx(2 * 159.3)
    assert run["history"] is None
    page = (tmp_path / "out" / "comparison.html").read_text(encoding="utf-8")
    assert "Without a training history of their own: Ensemble of 2: x." in page
    assert "ensemble of 2" in page


def test_what_a_run_lacks_is_left_out(tmp_path: Path) -> None:
    for name in ("a", "b"):
        made_run(tmp_path / name, TABLE, Made(title=name, seconds=None))
        changed(tmp_path / name / "metrics.json", thresholds=None, calibration=None,
                border_probe=None)  # fmt: skip
        changed(tmp_path / name / "network.json", parameters=None)
    content = hilum.compare([tmp_path / "a", tmp_path / "b"], out=tmp_path / "out")
    assert content["runs"][0]["thresholds"] is content["runs"][0]["calibration"] is None
    figures = {path.name for path in (tmp_path / "out" / "figures").iterdir()}
    assert figures & {"parameters.svg", "time.svg"} == set()
    page = (tmp_path / "out" / "comparison.html").read_text(encoding="utf-8")
    assert "No border probe" in page
    assert "These runs state neither parameters nor training time." in page


def test_fewer_than_two_and_the_same_run_twice_are_refused(
    three: list[Path], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    with pytest.raises(UsageError, match=r"needs at least 2 runs; got 1\."):
        hilum.compare(three[:1], out=out)
    (tmp_path / "link").symlink_to(three[0])
    with pytest.raises(UsageError, match="are the same run; give each run once"):
        hilum.compare([three[0], tmp_path / "link"], out=out)
    assert not out.exists()


def test_a_run_that_was_not_evaluated_or_whose_files_differ_is_refused(
    three: list[Path], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    rows = pd.read_csv(three[1] / "predictions.csv")
    rows.assign(predicted="cancer").to_csv(three[1] / "predictions.csv", index=False)
    with pytest.raises(RunError, match="are not of one evaluation; run `hilum evaluate"):
        hilum.compare(three, out=out)
    rows.drop(columns="group").to_csv(three[1] / "predictions.csv", index=False)
    with pytest.raises(RunError, match=r"lacks 'group' in metrics.json or predictions.csv"):
        hilum.compare(three, out=out)
    (three[1] / "metrics.json").unlink()
    with pytest.raises(RunError) as caught:
        hilum.compare(three, out=out)
    assert str(caught.value) == (
        f"{three[1]} has no metrics.json; run `hilum evaluate {three[1]}` first."
    )
    (three[2] / "metrics.json").unlink()
    with pytest.raises(RunError) as caught:
        hilum.compare(three, out=out)
    assert str(caught.value) == (
        f"{three[1]}, {three[2]} have no metrics.json; run `hilum evaluate {three[1]} && "
        f"hilum evaluate {three[2]}` first."
    )
    assert not out.exists()


def test_a_folder_in_the_way_stays_as_it_is(three: list[Path], tmp_path: Path) -> None:
    out = tmp_path / "out"
    hilum.compare(three, out=out)
    before = (out / "comparison.json").read_bytes()
    with pytest.raises(UsageError, match="exists already"):
        hilum.compare(three[:2], out=out)
    assert (out / "comparison.json").read_bytes() == before
    hilum.compare(three[:2], out=out, force=True)
    assert len(json.loads((out / "comparison.json").read_text())["runs"]) == 2
    with pytest.raises(UsageError, match="is no folder that hilum made"):
        hilum.compare(three, out=three[0], force=True)
    shutil.copy(out / "comparison.json", tmp_path / "comparison.json")
    with pytest.raises(UsageError, match=r"holds one of the runs; choose another folder\."):
        hilum.compare(three, out=tmp_path, force=True)


def test_the_same_runs_give_the_same_files(three: list[Path], tmp_path: Path) -> None:
    for name in ("one", "two"):
        hilum.compare(three, out=tmp_path / name)
    files = [path.relative_to(tmp_path / "one") for path in (tmp_path / "one").rglob("*.*")]
    assert {str(file) for file in files} >= {
        "comparison.json", "table.md", "table.csv", "differences.csv", "comparison.html",
        "figures/roc.svg", "figures/auc.svg", "figures/parameters.svg", "figures/time.svg",
        "figures/curves_3.svg",
    }  # fmt: skip
    for file in files:
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()


def test_cross_validations_are_compared_and_the_choice_is_made_inside(tmp_path: Path) -> None:
    made_folds(tmp_path / "a", TABLE, Made(title="A", noise=0.5, seed=1), [0.9, 0.5, 0.9])
    made_folds(tmp_path / "b", TABLE, Made(title="B", noise=3.0, seed=2), [0.8, 0.6, 0.9])
    content = hilum.compare([tmp_path / "a", tmp_path / "b"], out=tmp_path / "out")
    choice = content["choice"]
    assert [fold["name"] for fold in choice["folds"]] == ["A", "B", "A"]
    assert choice["naive"]["name"] == "A"
    honest = choice["per_slice"]["figures"]["auc"]["value"]
    assert choice["naive"]["optimism"] == pytest.approx(
        content["runs"][0]["per_slice"]["figures"]["auc"]["value"] - honest, abs=1e-6
    )
    assert content["runs"][0]["members"] == 3
    page = (tmp_path / "out" / "comparison.html").read_text(encoding="utf-8")
    assert "Best of 2, chosen inside the folds" in page
    markdown = (tmp_path / "out" / "table.md").read_text(encoding="utf-8")
    row = next(line for line in markdown.splitlines() if line.startswith("| Best of 2"))
    assert f" {honest:.3f} (" in row or f" {honest:.2f} (" in row
    assert "The best by the test slices themselves, A, would claim AUC" in markdown
    assert "3-fold" in page


def test_other_folds_and_a_plain_run_are_not_compared_with_a_cross_validation(
    tmp_path: Path,
) -> None:
    made_folds(tmp_path / "a", TABLE, Made(title="A"), [0.9, 0.5, 0.9])
    made_folds(tmp_path / "b", TABLE, Made(title="B"), [0.8, 0.6])
    made_run(tmp_path / "c", TABLE, Made(title="C"))
    content = hilum.compare([tmp_path / n for n in ("a", "b", "c")], out=tmp_path / "out")
    assert len(content["sets"]) == 3
    assert content["choice"] is None
    assert "the same slices, but other folds" in content["refusal"]["sentence"]
    assert "another split (other slices were tested)" in content["refusal"]["sentence"]
