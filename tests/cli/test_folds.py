"""`hilum train --folds`: its folder, its numbers, what it refuses, and going on after a stop."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import load_file
from short_training import SHORT
from sklearn.metrics import roc_auc_score
from waiting import wait_until

Call = Callable[..., Any]

FOLDS = 2
SMALL = ("--recipe", "phantom", *SHORT, "--folds", FOLDS)


@pytest.fixture(scope="module", autouse=True)
def in_short(blank_drawings: None) -> None:
    """Random weights and intervals are those of a user: processes of their own have a part here."""


@pytest.fixture(scope="module")
def full(phantoms: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished cross-validation of the phantoms, reported; not to be changed."""
    from hilum.cli.app import main

    run = tmp_path_factory.mktemp("folds") / "whole"
    words = ["hilum", "train", str(phantoms / "slices.csv"), "--out", str(run), *map(str, SMALL)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", [*words, "--report"])
        with pytest.raises(SystemExit) as stop:
            main()
    assert stop.value.code == 0
    return run


@pytest.fixture
def copy(full: Path, phantoms: Path) -> Path:
    """A copy that a test may spoil, beside the original, so that its slices are found."""
    run = full.parent / "copy"
    shutil.rmtree(run, ignore_errors=True)
    return shutil.copytree(full, run)


def read(path: Path) -> dict[str, Any]:
    return dict(json.loads(path.read_text(encoding="utf-8")))


def test_the_folder_holds_what_every_run_holds_and_a_run_for_each_fold(full: Path) -> None:
    assert sorted(path.name for path in full.iterdir()) == [
        "environment.json", "figures", "folds.csv", "members", "metrics.json", "network.json",
        "predictions.csv", "recipe.toml", "report.html", "slices.csv",
    ]  # fmt: skip
    assert sorted(path.name for path in (full / "members").iterdir()) == ["fold-1", "fold-2"]
    network = read(full / "network.json")
    assert (network["kind"], network["folds"]) == ("cross-validation", FOLDS)
    assert network["title"] == "ResNet10-T on phantoms, 2-fold cross-validation"
    of_member = read(full / "members" / "fold-1" / "network.json")
    assert network["parameters"] == of_member["parameters"]
    assert network["class_names"] == of_member["class_names"] == ["cancer", "pneumonia"]
    folds = pd.read_csv(full / "folds.csv")
    assert folds["run"].tolist() == ["members/fold-1", "members/fold-2"]
    for number, row in folds.iterrows():
        history = pd.read_csv(full / "members" / f"fold-{int(str(number)) + 1}" / "history.csv")
        best = history[history["best"] == 1].iloc[0]
        for column in ("validation_loss", "validation_auc"):
            assert row[column] == best[column]
    environment = read(full / "environment.json")
    assert environment["seconds"] == pytest.approx(folds["seconds"].sum())
    assert environment["weights"]["pretrained"] is False


def test_every_slice_is_predicted_once_by_the_network_that_never_saw_its_group(
    full: Path, copy: Path, hilum: Call
) -> None:
    """What `hilum evaluate members/fold-N` says of that fold's test slices, to the last digit."""
    table, predictions = (pd.read_csv(full / name) for name in ("slices.csv", "predictions.csv"))
    assert predictions["slice_id"].tolist() == table["slice_id"].tolist()
    assert predictions["fold"].tolist() == table["fold"].tolist()
    assert set(predictions["split"]) == {"test"}
    assert predictions.groupby("group")["fold"].nunique().max() == 1
    each = {one["fold"]: one for one in read(full / "metrics.json")["folds"]["each"]}
    for number in range(1, FOLDS + 1):
        member = copy / "members" / f"fold-{number}"
        assert hilum("evaluate", member).code == 0
        own, metrics = pd.read_csv(member / "predictions.csv"), read(member / "metrics.json")
        test = own[own["split"] == "test"].set_index("slice_id")
        assert set(own[own["split"] != "test"]["group"]).isdisjoint(test["group"])
        here = predictions[predictions["fold"] == number].set_index("slice_id")
        np.testing.assert_allclose(
            here["probability_cancer"], test["probability_cancer"], atol=1e-6
        )
        figures = metrics["splits"]["test"]["per_slice"]["figures"]
        assert each[str(number)]["auc"] == pytest.approx(figures["auc"]["value"], abs=1e-6)
        assert each[str(number)]["accuracy"] == figures["accuracy"]["value"]
        border = metrics["border_probe"]["test"]["auc"]["value"]
        assert each[str(number)]["border_auc"] == pytest.approx(border, abs=1e-6)


def test_the_metrics_are_of_the_out_of_fold_predictions(full: Path) -> None:
    metrics, predictions = read(full / "metrics.json"), pd.read_csv(full / "predictions.csv")
    truth, test = predictions["label"] == "cancer", metrics["splits"]["test"]
    pooled = roc_auc_score(truth, predictions["probability_cancer"])
    assert test["per_slice"]["figures"]["auc"]["value"] == pytest.approx(pooled, abs=1e-6)
    assert test["per_slice"]["n"] == len(predictions)
    assert list(metrics["splits"]) == ["test"]
    assert list(metrics["border_probe"])[3:] == ["test"]
    each = [
        roc_auc_score(truth[own], predictions["probability_cancer"][own])
        for own in (predictions["fold"] == 1, predictions["fold"] == 2)
    ]
    folds = metrics["folds"]
    assert folds["mean"]["auc"]["value"] == pytest.approx(np.mean(each), abs=1e-6)
    assert folds["standard_deviation"]["auc"] == pytest.approx(np.std(each, ddof=1), abs=1e-6)
    assert "2 networks, which need not share a scale" in folds["sentence"]
    assert metrics["split"]["leak"]["sentence"].startswith("No group is in more than one fold")


def test_progress_says_the_fold_and_the_design_once(workdir: Path, hilum: Call) -> None:
    done = hilum("train", workdir / "slices.csv", "--out", workdir / "run", *SMALL)
    assert done.code == 0
    assert "2 folds by group: every slice is tested on once. The table's split column" in done.err
    assert "fold 2 of 2: epoch 1 of 1: train loss" in done.err
    assert done.err.count("Design:") == done.err.count("Weights:") == 1
    assert "mean AUC: " in done.out
    assert done.out.rstrip().endswith(f"Next: hilum report {workdir / 'run'}")
    assert not (workdir / "run" / "checkpoint").exists()


def test_the_report_tells_the_folds_and_no_curve_or_map(full: Path) -> None:
    page = (full / "report.html").read_text(encoding="utf-8")
    metrics = read(full / "metrics.json")
    assert "in 2 folds, so that each slice was tested on once" in page
    assert metrics["folds"]["sentence"].replace("'", "&#39;") in page
    for fold in metrics["folds"]["each"]:
        assert f'<td class="num">{fold["auc"]:.3f}</td>' in page
    assert "A cross-validation has no network of its own" in page
    assert "This run has no training history" not in page
    assert sorted(path.stem for path in (full / "figures").iterdir()) == [
        "benefit", "confusion", "confusion_groups", "intervals", "pr", "reliability", "roc",
    ]  # fmt: skip


def test_the_report_does_without_folds_csv(copy: Path, hilum: Call) -> None:
    (copy / "folds.csv").unlink()
    assert hilum("report", copy).code == 0
    assert "Epoch kept" not in (copy / "report.html").read_text(encoding="utf-8")


def test_evaluating_again_gives_the_same_and_kept_predictions_are_checked(
    copy: Path, hilum: Call
) -> None:
    before = (copy / "metrics.json").read_text(), (copy / "predictions.csv").read_text()
    assert hilum("evaluate", copy, "--keep-predictions").out.rstrip().endswith(f"report {copy}")
    assert (copy / "metrics.json").read_text() == before[0]
    assert hilum("evaluate", copy).code == 0
    assert ((copy / "metrics.json").read_text(), (copy / "predictions.csv").read_text()) == before
    predictions = pd.read_csv(copy / "predictions.csv")
    predictions.assign(fold=1).to_csv(copy / "predictions.csv", index=False)
    done = hilum("evaluate", copy, "--keep-predictions")
    done.refused(1, "predictions.csv is not about the folds of slices.csv", "without --keep")


def test_a_fold_that_is_gone_or_of_other_slices_is_refused(copy: Path, hilum: Call) -> None:
    member = copy / "members" / "fold-2"
    table = pd.read_csv(member / "slices.csv", dtype=str, keep_default_na=False)
    table.iloc[::-1].to_csv(member / "slices.csv", index=False)
    hilum("evaluate", copy).refused(1, "fold-2/slices.csv is not about the slices and folds")
    shutil.rmtree(member)
    hilum("evaluate", copy).refused(1, "lacks the finished run fold-2", f"--resume {copy}")


def test_a_table_whose_folds_were_changed_is_refused(copy: Path, hilum: Call) -> None:
    table = pd.read_csv(copy / "slices.csv", dtype=str, keep_default_na=False)
    table.loc[0, "fold"] = "2" if table.loc[0, "fold"] == "1" else "1"
    table.to_csv(copy / "slices.csv", index=False)
    hilum("evaluate", copy).refused(1, "slices.csv: a group is in more than one fold")
    table.drop(columns="fold").to_csv(copy / "slices.csv", index=False)
    hilum("evaluate", copy).refused(1, "slices.csv has no column 'fold'")


@pytest.mark.parametrize("step", ["explain", "predict"])
def test_what_needs_one_network_is_refused_with_the_folds(
    step: str, full: Path, phantoms: Path, hilum: Call
) -> None:
    done = hilum(step, full, *([phantoms / "phantom"] if step == "predict" else []))
    done.refused(2, "has no network of its own", "members/fold-1", "members/fold-2")


def test_a_fold_is_a_run_like_any_other(copy: Path, phantoms: Path, hilum: Call) -> None:
    member = copy / "members" / "fold-1"
    assert [hilum(step, member).code for step in ("evaluate", "explain", "report")] == [0, 0, 0]
    picture = next((phantoms / "phantom" / "images").glob("*.png"))
    assert hilum("predict", member, picture).code == 0


def test_every_column_and_key_of_its_own_is_explained(full: Path) -> None:
    docs = Path(__file__).resolve().parents[2] / "docs" / "reference" / "files.md"
    explained = docs.read_text(encoding="utf-8")
    names = [*pd.read_csv(full / "folds.csv"), *pd.read_csv(full / "predictions.csv")[:5]]
    folds = read(full / "metrics.json")["folds"]
    names += [*folds, *folds["each"][0], *folds["mean"], *read(full / "network.json")]
    columns = [name for name in names if not name.startswith("probability_")]
    assert [name for name in columns if f"`{name}`" not in explained] == []
    files = [path.name for path in full.iterdir()]
    assert [name for name in files if f"| `{name}` |" not in explained] == []


def test_info_tells_the_folds(full: Path, hilum: Call) -> None:
    done = hilum("info", full)
    assert done.code == 0
    assert "2-fold cross-validation" in done.out
    assert "members/fold-2" in done.out


def test_wrong_usage_is_refused(workdir: Path, full: Path, hilum: Call, untouched: Call) -> None:
    table = workdir / "slices.csv"
    with untouched(workdir):
        leaky = hilum("train", table, "--out", workdir / "run", *SMALL, "--leaky")
        assert leaky.code == 2 and "never divides a group" in leaky.err
        one = hilum("train", table, "--out", workdir / "run", *SMALL[:-1], 1)
        assert one.code == 2 and "greater than or equal to 2" in one.err
        many = hilum("train", table, "--out", workdir / "run", *SMALL[:-1], 20)
        many.refused(1, "has only 12 groups, and 20 folds need 20", "take fewer folds")
        inside = hilum("train", table, "--out", workdir, *SMALL, "--force")
        assert inside.code == 2
    hilum("train", "--resume", full).refused(2, "is finished; there is nothing to resume")


def test_a_slice_that_can_not_be_read_leaves_nothing_and_replaces_nothing(
    workdir: Path, change_table: Call, hilum: Call, train: Call, untouched: Call
) -> None:
    assert train(workdir / "slices.csv", workdir / "run").code == 0
    table = change_table(row=2, path="gone.png")
    with untouched(workdir):
        for name, force in (("new", ()), ("run", ("--force",))):
            done = hilum("train", table, "--out", workdir / name, *SMALL, *force)
            done.refused(1, "slices.csv, row 4, column path", "gone.png")


def test_a_wrong_layer_leaves_nothing(workdir: Path, hilum: Call, untouched: Call) -> None:
    cut = ("--set", "network.train_from='nowhere'", "--set", "network.backbone='resnet10t'")
    with untouched(workdir):
        done = hilum("train", workdir / "slices.csv", "--out", workdir / "run", *SMALL, *cut)
    done.refused(1, "nowhere")


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no SIGKILL")
def test_a_killed_cross_validation_goes_on_to_the_very_same_numbers(
    workdir: Path, hilum: Call
) -> None:
    """Killed in the second fold. Tolerance: none; every tensor and every probability is equal."""
    run, unbroken = workdir / "run", workdir / "unbroken"
    long = [*map(str, SMALL), "--set", "training.epochs=2"]
    command = ["train", str(workdir / "slices.csv"), *long]
    process = subprocess.Popen(
        [sys.executable, "-m", "hilum", *command, "--out", str(run)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    state = run / "members" / "fold-2" / "checkpoint" / "state.safetensors"
    wait_until(state.exists, 240, every=0.002, process=process, what="a checkpoint")
    process.send_signal(signal.SIGKILL)
    assert process.wait(timeout=20) == -signal.SIGKILL
    assert not (run / "predictions.csv").exists()
    hilum("evaluate", run).refused(1, "was not finished", f"--resume {run}")
    first = run / "members" / "fold-1" / "weights.safetensors"
    began = first.stat().st_mtime_ns
    done = hilum("train", "--resume", run)
    assert done.code == 0
    assert "fold 1 of 2" not in done.err and "fold 2 of 2: epoch 2 of 2" in done.err
    assert first.stat().st_mtime_ns == began
    assert hilum(*command, "--out", unbroken).code == 0
    for name in ("predictions.csv", "slices.csv", "recipe.toml", "network.json"):
        assert (run / name).read_text() == (unbroken / name).read_text(), name
    for fold in ("fold-1", "fold-2"):
        ours, theirs = (
            load_file(path / "members" / fold / "weights.safetensors") for path in (run, unbroken)
        )
        assert ours.keys() == theirs.keys()
        assert all((ours[name] == theirs[name]).all() for name in theirs)
    assert read(run / "metrics.json") == read(unbroken / "metrics.json")


def test_ctrl_c_before_the_second_fold_tells_how_to_go_on(
    workdir: Path, hilum: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    from hilum.steps.train import members as folds

    run, whole_train = workdir / "run", folds.train_member

    def train_one(table: Any, recipe: Any, **rest: Any) -> Any:
        if rest["out"].name == "fold-2":
            raise KeyboardInterrupt
        return whole_train(table, recipe, **rest)

    monkeypatch.setattr(folds, "train_member", train_one)
    done = hilum("train", workdir / "slices.csv", "--out", run, *SMALL)
    done.refused(130, "stopped")
    assert f"Resume with: hilum train --resume {run}" in done.err
    monkeypatch.undo()
    spoilt = read(run / "checkpoint" / "folds.json")
    assert spoilt == {"weights": "none", "sha256": "", "leaky": False}
    (run / "checkpoint" / "folds.json").write_text(json.dumps({**spoilt, "sha256": "0"}))
    hilum("train", "--resume", run).refused(1, "the weights of test_resnet differ from those")
    (run / "checkpoint" / "folds.json").write_text("{}")
    hilum("train", "--resume", run).refused(1, "folds.json does not say where the weights are")
    (run / "checkpoint" / "folds.json").write_text(json.dumps(spoilt))
    assert hilum("train", "--resume", run).code == 0
    assert read(run / "metrics.json")["folds"]["count"] == FOLDS


def test_going_on_after_a_change_by_hand_is_refused(copy: Path, hilum: Call) -> None:
    (copy / "predictions.csv").unlink()
    table = pd.read_csv(copy / "slices.csv", dtype=str, keep_default_na=False)
    swapped = table["fold"].map({"1": "2", "2": "1"})
    table.assign(fold=swapped).to_csv(copy / "slices.csv", index=False)
    done = hilum("train", "--resume", copy)
    done.refused(1, "can't be dealt into the folds that it tells", "start the cross-validation")
    network = read(copy / "network.json")
    del network["folds"]
    (copy / "network.json").write_text(json.dumps(network))
    hilum("train", "--resume", copy).refused(1, "does not say its folds")
