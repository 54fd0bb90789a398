"""Comparing runs: what is compared, what is refused, what the files say."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from made_runs import Made, changed, made_folds, made_run, made_table

import hilum
from hilum.errors import UsageError
from hilum.table import SliceTable

TABLE = made_table()


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
