"""`hilum train --seeds`: its folder, its numbers, what it refuses, and going on after a stop."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import load_file
from short_training import SHORT

import hilum as python

Call = Callable[..., Any]

SEEDS = 2
SMALL = ("--recipe", "phantom", *SHORT, "--set", "training.seed=7", "--seeds", SEEDS)


@pytest.fixture(scope="module")
def full(phantoms: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished repeated training on the phantoms, reported; not to be changed."""
    from hilum.cli.app import main

    run = tmp_path_factory.mktemp("seeds") / "full"
    words = ["hilum", "train", str(phantoms / "slices.csv"), "--out", str(run), *map(str, SMALL)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", [*words, "--report"])
        with pytest.raises(SystemExit) as stop:
            main()
    assert stop.value.code == 0
    return run


@pytest.fixture
def copy(full: Path) -> Path:
    """A copy that a test may spoil, next to the original, so that its slices are found."""
    run = full.parent / "copy"
    shutil.rmtree(run, ignore_errors=True)
    return shutil.copytree(full, run)


def read(path: Path) -> dict[str, Any]:
    return dict(json.loads(path.read_text(encoding="utf-8")))


def test_the_folder_holds_an_evaluated_run_for_each_seed(full: Path) -> None:
    assert sorted(path.name for path in full.iterdir()) == [
        "environment.json", "figures", "members", "metrics.json", "network.json", "recipe.toml",
        "report.html", "seeds.csv", "slices.csv",
    ]  # fmt: skip
    network = read(full / "network.json")
    assert (network["kind"], network["seeds"]) == ("repeated training", [7, 8])
    assert network["title"] == "ResNet10-T on phantoms, 2 seeds"
    seeds = pd.read_csv(full / "seeds.csv")
    assert seeds["run"].tolist() == ["members/seed-7", "members/seed-8"]
    assert seeds["seed"].tolist() == [7, 8]
    for run in seeds["run"]:
        assert (full / run / "predictions.csv").is_file()
    assert read(full / "environment.json")["seconds"] == pytest.approx(seeds["seconds"].sum())


def test_the_trainings_differ_in_their_seed_alone(full: Path) -> None:
    first, second = (full / "members" / f"seed-{seed}" for seed in (7, 8))
    recipes = [(run / "recipe.toml").read_text(encoding="utf-8") for run in (first, second)]
    assert recipes[0] != recipes[1] == recipes[0].replace("seed = 7", "seed = 8")
    assert (first / "slices.csv").read_text() == (second / "slices.csv").read_text()
    weights = [load_file(run / "weights.safetensors") for run in (first, second)]
    assert any((weights[0][name] != weights[1][name]).any() for name in weights[0])


def test_the_spread_is_that_of_the_members_test_metrics(full: Path) -> None:
    seeds = read(full / "metrics.json")["seeds"]
    members = [read(full / one["run"] / "metrics.json") for one in seeds["each"]]
    for unit in ("per_slice", "per_group"):
        figures = [metrics["splits"]["test"][unit]["figures"] for metrics in members]
        assert [one[unit] for one in seeds["each"]] == figures
        for name in ("auc", "accuracy"):
            values = [of_member[name]["value"] for of_member in figures]
            spread = seeds["spread"][unit][name]
            assert spread["mean"] == pytest.approx(np.mean(values), abs=1e-6)
            assert spread["standard_deviation"] == pytest.approx(np.std(values, ddof=1), abs=1e-6)
            assert (spread["low"], spread["high"]) == (min(values), max(values))
    assert seeds["count"] == SEEDS


def test_the_screen_shows_each_run_with_its_interval_and_the_spread(
    copy: Path, hilum: Call
) -> None:
    before = (copy / "metrics.json").read_text()
    done = hilum("evaluate", copy, "--keep-predictions")
    assert done.code == 0
    lines = done.out.splitlines()
    assert "test, per slice seed 7 seed 8" in [" ".join(line.split()) for line in lines]
    each = [one["per_slice"]["auc"] for one in read(copy / "metrics.json")["seeds"]["each"]]
    row = next(line for line in lines if line.startswith("auc "))
    for metric in each:
        assert f"{metric['value']:.3f} [{metric['low']:.3f}, {metric['high']:.3f}]" in row
    assert any(line.startswith("mean auc  ") and ", SD " in line for line in lines)
    assert lines[-1] == f"Next: hilum report {copy}"
    assert (copy / "metrics.json").read_text() == before
    assert json.loads(hilum("evaluate", copy, "--keep-predictions", "--json").out) == read(
        copy / "metrics.json"
    )


def test_the_report_shows_each_seed_and_the_spread(full: Path, copy: Path, hilum: Call) -> None:
    page, seeds = (full / "report.html").read_text(encoding="utf-8"), read(full / "metrics.json")
    assert "Spread over the seeds" in page and "<script" not in page
    assert seeds["seeds"]["sentence"] in page
    mean = seeds["seeds"]["spread"]["per_slice"]["auc"]["mean"]
    assert f'<td class="num">{mean:.3f}</td>' in page
    assert "Seed 7" in page and "Seed 8" in page
    assert [path.name for path in (full / "figures").iterdir()] == ["auc.svg"]
    table = pd.read_csv(copy / "slices.csv", dtype=str, keep_default_na=False)
    table.assign(source="another").to_csv(copy / "slices.csv", index=False)
    hilum("report", copy).refused(1, "is not of the slices and seeds", "hilum evaluate")


def test_comparing_takes_the_trainings_and_shows_their_spread(
    full: Path, tmp_path: Path, hilum: Call
) -> None:
    done = hilum("compare", full, "--out", tmp_path / "compared")
    assert done.code == 0, done.err
    content = read(tmp_path / "compared" / "comparison.json")
    assert len(content["runs"]) == len(content["sets"][0]["runs"]) == SEEDS
    assert (
        content["spreads"][0]["per_slice"]
        == read(full / "metrics.json")["seeds"]["spread"]["per_slice"]
    )
    assert "ResNet10-T on phantoms, 2 seeds: mean AUC " in done.out
    page = (tmp_path / "compared" / "comparison.html").read_text(encoding="utf-8")
    assert "spread over 2 trainings" in page


def test_what_needs_one_network_is_refused_with_the_seeds(full: Path, hilum: Call) -> None:
    audit = ("audit", full / "slices.csv", "--run", full, "--out", full.parent / "audit")
    predict = ("predict", full, full / "slices.csv")
    for words in (("explain", full), predict, ("sanity", full), audit):
        hilum(*words).refused(2, "is a repeated training and has no network", "members/seed-7")
    done = hilum("info", full)
    assert done.code == 0 and "members/seed-8: best epoch 1, test AUC " in done.out


def test_an_ensemble_averages_the_trainings(full: Path, tmp_path: Path, hilum: Call) -> None:
    done = hilum("ensemble", full, "--out", full.parent / "ensemble")
    assert done.code == 0, done.err
    network = read(full.parent / "ensemble" / "network.json")
    assert [member["name"] for member in network["members"]] == ["seed-7", "seed-8"]


def test_ctrl_c_before_the_second_seed_tells_how_to_go_on(
    workdir: Path, full: Path, hilum: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    from hilum.steps.train import members

    run, train = workdir / "run", members.train_member

    def train_one(table: Any, recipe: Any, **rest: Any) -> Any:
        if rest["out"].name == "seed-8":
            raise KeyboardInterrupt
        return train(table, recipe, **rest)

    monkeypatch.setattr(members, "train_member", train_one)
    done = hilum("train", workdir / "slices.csv", "--out", run, *SMALL)
    done.refused(130, "stopped")
    assert f"Resume with: hilum train --resume {run}" in done.err
    assert done.err.count("Design:") == done.err.count("Border alone:") == 1
    assert "2 trainings of one recipe, seeds 7 to 8" in done.err
    assert hilum("report", run).code == 1
    monkeypatch.undo()
    resumed = hilum("train", "--resume", run)
    assert resumed.code == 0, resumed.err
    assert "Next: hilum report" in resumed.out
    assert read(run / "metrics.json")["seeds"] == read(full / "metrics.json")["seeds"]
    hilum("train", "--resume", run).refused(2, "is finished; there is nothing to resume")


def test_wrong_usage_is_refused(workdir: Path, hilum: Call, untouched: Call) -> None:
    table, run = workdir / "slices.csv", workdir / "run"
    with untouched(workdir):
        folds = hilum("train", table, "--out", run, *SMALL, "--folds", 2)
        assert folds.code == 2 and "can't be combined with --leaky or --seeds" in folds.err
        one = hilum("train", table, "--out", run, *SMALL[:-1], 1)
        assert one.code == 2 and "greater than or equal to 2" in one.err
        wrong = hilum("train", table, "--out", run, *SMALL, "--set", "classes.positive=flu")
        wrong.refused(1, "positive: must be one of the classes")
    with pytest.raises(python.HilumError, match="at least 2 seeds; got 1"):
        python.repeat_training(table, "phantom", seeds=1, out=run)


def test_every_column_and_key_of_its_own_is_explained(full: Path) -> None:
    docs = Path(__file__).resolve().parents[2] / "docs" / "reference" / "files.md"
    explained = docs.read_text(encoding="utf-8")
    seeds = read(full / "metrics.json")["seeds"]
    names = [*pd.read_csv(full / "seeds.csv"), *seeds, *seeds["each"][0], "standard_deviation"]
    assert [name for name in names if f"`{name}`" not in explained] == []
    files = [path.name for path in full.iterdir()]
    assert [name for name in files if f"| `{name}` |" not in explained] == []
