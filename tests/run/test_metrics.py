"""Metrics and runs as a notebook shows them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hilum.run import Run
from hilum.run.metrics import Metrics

AUC = {"value": 0.84259, "low": 0.6897, "high": 0.9676, "method": "bootstrap"}

CONTENT: dict[str, Any] = {
    "positive": "cancer",
    "interval": {"level": 0.95},
    "design": {"level": "crossed", "sentence": "Every source holds every class."},
    "cautions": ["Only 4 test groups are of <b>cancer</b>."],
    "border_probe": {"test": {"auc": AUC}},
    "splits": {
        "train": {"per_slice": {"figures": {"auc": {"value": 0.999}}}},
        "test": {"per_slice": {"figures": {"auc": AUC, "f1": {"value": None}}}},
    },
}


def test_metrics_are_a_dict_that_json_writes() -> None:
    assert json.loads(json.dumps(Metrics(CONTENT))) == CONTENT


def test_metrics_show_test_with_intervals_next_to_the_border() -> None:
    html = Metrics(CONTENT)._repr_html_()
    assert "Per slice, with 95% intervals over groups; positive: cancer" in html
    assert "auc</th><td>0.843 (0.690 to 0.968)</td>" in html
    assert "auc of the border alone</th><td>0.843 (0.690 to 0.968)</td>" in html
    assert "f1</th><td>–</td>" in html
    assert "0.999" not in html


def test_metrics_show_verdict_cautions_and_purpose_escaped() -> None:
    html = Metrics(CONTENT)._repr_html_()
    assert "Every source holds every class. Only 4 test groups are of &lt;b&gt;cancer" in html
    assert html.endswith("Research use only; not a medical device.</p>")


def test_metrics_that_lack_everything_are_shown_all_the_same() -> None:
    assert "auc of the border alone" in Metrics({})._repr_html_()


def test_a_run_shows_kind_classes_and_files(tmp_path: Path) -> None:
    network = {"title": "First <i>", "class_names": ["cancer", "normal"], "positive": "cancer"}
    (tmp_path / "network.json").write_text(json.dumps(network), "utf-8")
    html = Run(tmp_path)._repr_html_()
    assert "Run First &lt;i&gt;" in html
    assert "kind</th><td>network</td>" in html
    assert "classes</th><td>cancer, normal</td>" in html
    assert "files</th><td>network.json</td>" in html


def test_a_run_that_is_not_there_or_broken_is_shown_too(tmp_path: Path) -> None:
    assert "not trained yet" in Run(tmp_path / "none")._repr_html_()
    (tmp_path / "network.json").write_text("{", "utf-8")
    assert "network.json" in Run(tmp_path)._repr_html_()


def test_a_repeated_training_shows_each_seed_and_the_spread() -> None:
    spread = {"mean": 0.9, "standard_deviation": 0.05, "low": 0.85, "high": 0.95}
    undefined = {**spread, "standard_deviation": None}
    each = [{"seed": seed, "per_slice": {"auc": {"value": 0.85 + seed / 10}}} for seed in (0, 1)]
    seeds = {"each": each, "spread": {"per_slice": {"auc": spread, "f1": undefined}},
             "sentence": "Two trainings."}  # fmt: skip
    html = Metrics(
        {"positive": "cancer", "seeds": seeds, "cautions": ["Few groups."]}
    )._repr_html_()
    assert "Test, per slice; positive: cancer" in html
    assert "auc</th><td>0.850</td><td>0.950</td><td>0.900, 0.050, 0.850 to 0.950</td>" in html
    assert "f1</th><td>–</td><td>–</td><td>–</td>" in html
    assert "Two trainings. Few groups. Research use only" in html
