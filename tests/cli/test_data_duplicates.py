"""hilum data duplicates."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from hilum.cli.app import app

RUNNER = CliRunner()


@pytest.fixture
def table(tmp_path: Path) -> Path:
    rows = ["slice_id,path,label,group,source,split"]
    for number, (seed, split) in enumerate([(1, "train"), (1, "test"), (2, "train")]):
        rng = np.random.default_rng(seed)
        grey = cv2.resize(rng.integers(0, 256, (16, 16)).astype(np.uint8), (128, 128))
        cv2.imwrite(str(tmp_path / f"{number}.png"), grey)
        rows.append(f"s{number},{number}.png,cancer,g{number},site,{split}")
    path = tmp_path / "slices.csv"
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


def test_one_picture_in_two_splits_is_told_and_is_exit_code_1(table: Path) -> None:
    done = RUNNER.invoke(app, ["data", "duplicates", str(table)])
    assert done.exit_code == 1
    assert done.stdout.splitlines() == [
        "3 slices: 1 pair of near-duplicates, in 1 cluster of 2 slices",
        "within groups: 0 pairs",
        "across groups: 1 pair, 1 cluster of 2 slices",
        "across splits: 1 pair, 1 cluster of 2 slices",
        "across sources: none",
        "across labels: none",
        f"Next: hilum data duplicates {table} --join joined.csv",
    ]


def test_a_joined_table_has_nothing_to_find(table: Path, tmp_path: Path) -> None:
    joined, pairs = tmp_path / "joined.csv", tmp_path / "pairs.csv"
    done = RUNNER.invoke(
        app, ["data", "duplicates", str(table), "--join", str(joined), "--out", str(pairs)]
    )
    assert done.exit_code == 1  # the table that was looked at is what it was
    assert done.stdout.splitlines()[-2:] == [f"{pairs}: 1 pair", f"Next: hilum split {joined}"]
    assert "joined.csv: 3 groups were merged into 2." in done.stderr
    again = RUNNER.invoke(app, ["data", "duplicates", str(joined), "--json"])
    assert again.exit_code == 0
    assert json.loads(again.stdout)["across"]["group"] == {"pairs": 0, "clusters": 0, "slices": 0}


def test_json_is_all_that_is_printed(table: Path) -> None:
    done = RUNNER.invoke(app, ["data", "duplicates", str(table), "--json"])
    assert done.exit_code == 1
    found = json.loads(done.stdout)
    assert (found["slices"], found["pairs"], found["across"]["split"]["pairs"]) == (3, 1, 1)
