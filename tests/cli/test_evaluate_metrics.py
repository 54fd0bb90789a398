"""What is printed of a run's own test slices."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from made_runs import made_run, made_table

from hilum.cli.evaluate_metrics import print_auc, print_figures


@pytest.fixture
def metrics(tmp_path: Path) -> dict[str, Any]:
    """The metrics.json of a made-up run."""
    return dict(made_run(tmp_path / "run", made_table()).metrics())


def of_series(metrics: dict[str, Any]) -> dict[str, Any]:
    """The block of metrics per series, as a table that names series gives it."""
    test = {"n": 12, "figures": {"auc": {"value": 0.875, "low": 0.7, "high": 0.99}}}
    more = {"sentence": "Joined by their mean.", "note": "Chosen on validation series."}
    return {**metrics, "series": {"unit": "series", "splits": {"test": test}, **more}}


def row(out: str, name: str) -> str:
    """Return the one line that begins with a name."""
    (line,) = [line for line in out.splitlines() if line.startswith(f"{name} ")]
    return line


def test_verdict_metrics_and_operating_points_are_printed(
    metrics: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    print_figures(metrics)
    out = capsys.readouterr().out
    assert out.startswith(metrics["design"]["sentence"])
    assert metrics["border_probe"]["sentence"] in out
    test = metrics["splits"]["test"]
    for name in ("accuracy", "auc", "specificity"):
        for unit in ("per_slice", "per_group"):
            assert f"{test[unit]['figures'][name]['value']:.3f} [" in row(out, name)
    for name, point in metrics["thresholds"]["points"].items():
        recall = point["test"]["per_slice"]["recall"]["value"]
        assert row(out, name).split()[1:3] == [str(point["threshold"]), f"{recall:.3f}"]
    assert out.rstrip().endswith("95 % intervals over groups; research use only.")


def test_random_weights_are_said(
    metrics: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    for weights, words in (
        ({"pretrained": False}, "the whole network was trained"),
        ({"pretrained": False, "members": 3, "random": 3}, "every member was trained"),
        ({"pretrained": False, "members": 3, "random": 1}, "1 of the 3 members was trained"),
        ({"pretrained": False, "members": 3, "random": 2}, "2 of the 3 members were trained"),
    ):
        print_figures({**metrics, "weights": weights})
        assert f"Random initialisation: {words} from scratch." in capsys.readouterr().out


def test_the_auc_alone_stands_beside_that_of_the_border(
    metrics: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    print_auc(metrics)
    out = capsys.readouterr().out
    network = metrics["splits"]["test"]["per_group"]["figures"]["auc"]["value"]
    border = metrics["border_probe"]["test"]["auc"]["value"]
    assert f"{network:.3f} [" in row(out, "auc")
    assert f"{border:.3f} [" in row(out, "border auc")


def test_series_are_told_where_the_table_names_them(
    metrics: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    print_figures(of_series(metrics))
    out = capsys.readouterr().out
    assert "Per series (12 in test): AUC 0.875" in out
    assert "Joined by their mean. Chosen on validation series." in out
    print_figures({**metrics, "series": {"unit": "group"}})
    assert "Per series" not in capsys.readouterr().out
