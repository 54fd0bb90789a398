"""`hilum train --leave-out`: a network for each value of a column, which it never saw."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from short_training import SHORT
from sklearn.metrics import roc_auc_score

from hilum.cli.app import main

Call = Callable[..., Any]

SMALL = ("--recipe", "phantom", *SHORT)
LEAVE_OUT = (*SMALL, "--leave-out", "source")


def read(path: Path) -> dict[str, Any]:
    return dict(json.loads(path.read_text(encoding="utf-8")))


@pytest.fixture(scope="module")
def table(phantoms: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The phantoms as of two sources with cancer and pneumonia, and one with cancer and benign."""
    folder = tmp_path_factory.mktemp("sources") / "phantoms"
    shutil.copytree(phantoms, folder)
    rows = pd.read_csv(folder / "slices.csv", dtype=str, keep_default_na=False)
    number = rows.groupby("label")["group"].transform(lambda groups: pd.factorize(groups)[0])
    rows["source"] = ["east" if n < 5 else "west" if n < 9 else "isle" for n in number]
    rows.loc[(rows["source"] == "isle") & (rows["label"] == "pneumonia"), "label"] = "benign"
    rows.to_csv(folder / "slices.csv", index=False)
    return folder / "slices.csv"


@pytest.fixture(scope="module")
def run(table: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run with each source left out, reported; not to be changed."""
    folder = tmp_path_factory.mktemp("leave-out") / "run"
    words = ["hilum", "train", table, "--out", folder, *LEAVE_OUT, "--report"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.argv", [str(word) for word in words])
        with pytest.raises(SystemExit) as stop:
            main()
    assert stop.value.code == 0
    return folder


def test_each_source_is_tested_by_a_network_that_saw_none_of_it(run: Path) -> None:
    network = read(run / "network.json")
    assert network["left_out"] == {"column": "source", "values": ["east", "isle", "west"]}
    table = pd.read_csv(run / "slices.csv", dtype=str, keep_default_na=False)
    for number, source in enumerate(network["left_out"]["values"], start=1):
        own = pd.read_csv(run / "members" / f"fold-{number}" / "slices.csv", dtype=str)
        trained = own[own["split"].isin(["train", "validation"])]
        assert source not in set(trained["source"])
        assert set(table["source"][table["fold"] == str(number)]) == {source}
        assert set(trained["group"]).isdisjoint(table["group"][table["fold"] == str(number)])


def test_a_class_of_one_source_alone_is_scored_in_pairs_there_and_not_in_the_pooled_metrics(
    run: Path,
) -> None:
    metrics = read(run / "metrics.json")
    rows = pd.read_csv(run / "predictions.csv", keep_default_na=False)
    benign = rows[rows["label"] == "benign"]
    assert set(benign["split"]) == {""} and set(benign["probability_benign"]) == {0.0}
    assert metrics["splits"]["test"]["per_slice"]["n"] == len(rows) - len(benign)
    east, isle, west = metrics["folds"]["each"]
    assert (isle["left_out"], isle["unlearnt"]) == ("isle", ["benign"])
    assert (east["unlearnt"], west["unlearnt"]) == ([], [])
    assert isle["auc"] is None  # its scored slices are of one class
    own = rows[rows["fold"] == 2]
    expected = roc_auc_score(own["label"] == "cancer", own["probability_cancer"])
    (pair,) = isle["pairs"]
    assert pair["pair"] == ["cancer", "benign"]
    assert pair["auc"]["value"] == pytest.approx(expected, abs=1e-6)
    assert pair["note"] == "nothing could be trained on benign: scored by the probability of cancer"


def test_the_mean_is_of_the_folds_that_hold_both_classes(run: Path) -> None:
    folds = read(run / "metrics.json")["folds"]
    defined = [fold["auc"] for fold in folds["each"] if fold["auc"] is not None]
    assert len(defined) == 2
    assert folds["mean"]["auc"]["value"] == pytest.approx(sum(defined) / 2, abs=1e-6)
    assert folds["sentence"].startswith("Mean test AUC of the 2 of 3 folds that hold both classes:")


def test_the_auc_within_a_source_is_that_of_its_fold(run: Path) -> None:
    metrics = read(run / "metrics.json")
    within = {e["source"]: e["auc"]["value"] for e in metrics["within_source"]["sources"]}
    by_fold = {fold["left_out"]: fold["auc"] for fold in metrics["folds"]["each"]}
    assert within == {"west": None, "east": pytest.approx(by_fold["east"], abs=1e-6)}
    assert metrics["within_source"]["one_class"] == ["isle"]


def test_the_report_lists_what_each_fold_left_out(run: Path) -> None:
    page = (run / "report.html").read_text(encoding="utf-8")
    assert "each source left out in turn and tested by a network that saw none of it" in page
    assert "cancer against benign" in page
    assert "nothing could be trained on benign: scored by the probability of cancer" in page


def test_evaluating_again_gives_the_same(run: Path, hilum: Call) -> None:
    copy = run.parent / "copy"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(run, copy)
    before = (copy / "metrics.json").read_text()
    done = hilum("evaluate", copy)
    assert done.code == 0
    assert (copy / "metrics.json").read_text() == before
    assert "left out: pair" in done.out and "cancer against benign" in done.out
    member = copy / "members" / "fold-2"
    rows = pd.read_csv(member / "slices.csv", dtype=str, keep_default_na=False)
    test, train = (rows.index[rows["split"] == split][0] for split in ("test", "train"))
    rows.loc[train, "group"] = rows.loc[test, "group"]
    rows.to_csv(member / "slices.csv", index=False)
    assert hilum("evaluate", copy).code == 0  # the groups of the whole table decide
    rows.drop(index=test).to_csv(member / "slices.csv", index=False)
    hilum("evaluate", copy).refused(1, "fold-2/slices.csv is not about the slices and folds")


def test_after_a_stop_it_goes_on_with_the_folds_that_are_left(
    table: Path, tmp_path: Path, run: Path, hilum: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    from hilum.steps.train import members as module

    out, train_fold = tmp_path / "run", module.train_member

    def train_one(table: Any, recipe: Any, **rest: Any) -> Any:
        if rest["out"].name == "fold-2":
            raise KeyboardInterrupt
        return train_fold(table, recipe, **rest)

    monkeypatch.setattr(module, "train_member", train_one)
    hilum("train", table, "--out", out, *LEAVE_OUT).refused(130, "stopped")
    monkeypatch.undo()
    assert hilum("train", "--resume", out).code == 0
    assert read(out / "metrics.json") == read(run / "metrics.json")


def test_a_dry_run_lists_the_folds_and_makes_nothing(
    table: Path, tmp_path: Path, hilum: Call
) -> None:
    done = hilum("train", table, "--out", tmp_path / "run", *LEAVE_OUT, "--dry-run")
    assert done.code == 0
    assert (
        "fold 1, without east: trained on 6 benign, 14 cancer, 8 pneumonia; tested on 10 cancer, "
        "10 pneumonia\n"
    ) in done.err
    assert "isle left out: its benign slices are scored in pairs only" in done.err
    assert ": 3 trainings of 1 epochs of " in done.out
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--leave-out", "hospital"), (1, "--leave-out needs a column of the table (slice_id,")),
        (("--leave-out", "slice_id"), (1, "20 at most; 'slice_id' has 48.")),
        (("--leave-out", "source", "--set", "classes.positive=benign"),
         (1, "benign, the positive class, has slices of source isle alone")),
    ],
)  # fmt: skip
def test_what_can_not_be_left_out_is_refused_and_nothing_is_written(
    options: tuple[str, ...], words: tuple[int, str], table: Path, tmp_path: Path, hilum: Call
) -> None:
    done = hilum("train", table, "--out", tmp_path / "run", *SMALL, *options)
    done.refused(*words)
    assert list(tmp_path.iterdir()) == []


def test_what_does_not_go_together_is_wrong_usage(table: Path, tmp_path: Path, hilum: Call) -> None:
    both = hilum("train", table, "--out", tmp_path / "run", *LEAVE_OUT, "--folds", 2)
    assert both.code == 2 and "never divides a group; it can't be combined" in both.err
    leaky = hilum("train", table, "--out", tmp_path / "run", *LEAVE_OUT, "--leaky")
    assert leaky.code == 2 and "--leave-out trains once for each value" in leaky.err
