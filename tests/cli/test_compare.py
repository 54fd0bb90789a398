"""hilum compare as a user has it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from made_runs import Made, made_run, made_table

from hilum.cli.compare import _print_choice


@pytest.fixture
def runs(tmp_path: Path) -> list[Path]:
    """Two runs on the same slices."""
    table, folders = made_table(), [tmp_path / "a", tmp_path / "b"]
    for folder, title in zip(folders, ("MobileNetV2", "VGG16"), strict=True):
        made_run(folder, table, Made(title=title, noise=0.5))
    return folders


def test_the_table_is_printed_and_the_page_written(
    hilum: Any, runs: list[Path], tmp_path: Path
) -> None:
    done = hilum("compare", *runs, "--out", tmp_path / "out")
    assert done.code == 0, done.err
    lines = done.out.splitlines()
    assert lines[0].startswith("Every source holds every class")
    assert lines[1].startswith("border alone: AUC 0.")
    assert "No network is significantly better than all others by any metric" in done.out
    row = next(line for line in lines if line.startswith("VGG16"))
    figure = json.loads((tmp_path / "out" / "comparison.json").read_text())["runs"][1]
    assert f"{figure['per_slice']['figures']['auc']['value']:.3f}" in row
    assert lines[-1] == f"Written: {tmp_path / 'out' / 'comparison.html'}"
    assert "different tables" not in done.err


def test_json_is_the_file(hilum: Any, runs: list[Path], tmp_path: Path) -> None:
    done = hilum("compare", *runs, "--out", tmp_path / "out", "--json")
    assert json.loads(done.out) == json.loads((tmp_path / "out" / "comparison.json").read_text())


def test_what_is_not_comparable_is_said_on_stderr_and_is_no_failure(
    hilum: Any, runs: list[Path], tmp_path: Path
) -> None:
    made_run(tmp_path / "c", made_table((12, 21)), Made(title="VGG19"))
    done = hilum("compare", *runs, tmp_path / "c", "--out", tmp_path / "out")
    assert done.code == 0
    assert "These runs were made on different tables or splits" in done.err
    assert "other slices (0 only in the first, 3 only in the second)" in done.err


def test_one_run_is_refused_with_the_code_of_wrong_usage(
    hilum: Any, runs: list[Path], tmp_path: Path
) -> None:
    hilum("compare", runs[0], "--out", tmp_path / "out").refused(2, "at least 2 runs; got 1")
    hilum("compare", *runs, "--out", runs[0]).refused(2, "exists already")
    hilum("compare", *runs, tmp_path / "no", "--out", tmp_path / "out").refused(2, "no run folder")


def test_comparing_loads_no_torch(runs: list[Path], tmp_path: Path) -> None:
    code = (
        "import sys, hilum\n"
        f"hilum.compare({[str(run) for run in runs]}, out={str(tmp_path / 'out')!r})\n"
        "print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_choosing_inside_the_folds_stands_next_to_the_naive_claim(
    capsys: pytest.CaptureFixture[str],
) -> None:
    figure = {"value": 0.81, "low": 0.7, "high": 0.9}
    choice = {"n": 3, "per_slice": {"figures": {"auc": figure}}, "naive": None}
    _print_choice(choice)
    naive = {"name": "VGG16", "auc": {**figure, "value": 0.86}, "optimism": 0.05}
    _print_choice({**choice, "naive": naive})
    first, again, claim = capsys.readouterr().out.splitlines()
    assert first == again and first.startswith("Best of 3, chosen inside the folds: AUC 0.810")
    assert "the test slices themselves (VGG16) would claim AUC 0.860" in claim
    assert claim.endswith("+0.050.")
