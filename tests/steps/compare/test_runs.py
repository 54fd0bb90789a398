"""Runs of a comparison: unique names, and files that belong together."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pytest
from made_runs import Made, changed, made_run, made_table

import hilum
from hilum.errors import RunError, UsageError

TABLE = made_table()


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
    with pytest.raises(UsageError, match=r"needs at least 2 runs; got 1\. Add a run\."):
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
