"""`hilum demo`: what it prints; that its networks learn is tested in `steps`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from made_runs import made_run, made_table

from hilum.run import Run

Call = Callable[..., Any]

SENTENCES = {"naive": "AUC 0.41 elsewhere.", "robust": "AUC 0.93 elsewhere."}


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A run with made-up predictions in place of the demo's own."""
    run = made_run(tmp_path / "demo" / "run", made_table(folder=tmp_path))
    mended = {name: {"sentence": sentence} for name, sentence in SENTENCES.items()}
    monkeypatch.setattr("hilum.steps.demo.demo", lambda out, **options: run)
    monkeypatch.setattr("hilum.steps.demo.mend", lambda out, **options: mended)
    return run


def test_it_prints_the_metrics_and_where_to_look(made: Run, tmp_path: Path, hilum: Call) -> None:
    done = hilum("demo", "--out", tmp_path / "demo")
    lines = done.out.splitlines()
    assert done.code == 0
    assert any(line.startswith("border auc") for line in lines)
    assert not any(line.startswith("naive") for line in lines)
    assert lines[-3:] == [
        "Phantoms prove the machinery, not the medicine.",
        f"Open the report: {made.report_file.resolve()}",
        f"A page of a CT series: {(tmp_path / 'demo' / 'series' / 'series-1.html').resolve()}",
    ]


def test_with_mend_it_says_what_both_networks_reach(made: Run, tmp_path: Path, hilum: Call) -> None:
    lines = hilum("demo", "--out", tmp_path / "demo", "--mend").out.splitlines()
    assert [f"{name}: {sentence}" for name, sentence in SENTENCES.items()] == lines[-5:-3]
