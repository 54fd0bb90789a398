"""How far a run can be trusted: outcomes of checks, and the verdict that they come to."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from made_runs import changed, made_run, made_table
from trust_content import elsewhere, metrics

from hilum.errors import RunError
from hilum.run import Run, open_run
from hilum.run.slices_hash import slices_hash
from hilum.run.trust import judge_trust
from hilum.run.trust_lines import (
    AGAINST,
    DOUBT,
    OPEN,
)


@pytest.fixture
def good(tmp_path: Path) -> Run:
    """A run to which no check of its evaluation objects."""
    run = made_run(tmp_path / "run", made_table((30, 30)))
    run.metrics_file.write_text(json.dumps(metrics()), encoding="utf-8")
    return run


def write_elsewhere(run: Run, content: dict[str, Any]) -> None:
    folder = run.elsewhere / content["name"]
    folder.mkdir(parents=True)
    (folder / "metrics.json").write_text(json.dumps(content), encoding="utf-8")


def test_without_metrics_the_verdict_is_unknown_and_says_what_to_run(good: Run) -> None:
    good.metrics_file.unlink()
    trust = judge_trust(good)
    assert trust.line() == (
        f"How far can this be trusted? Unknown: it was not evaluated; run `hilum evaluate "
        f"{good.folder}`."
    )
    assert trust.lines == ()


def test_a_good_run_is_trusted_on_its_own_sources_until_it_is_tested_elsewhere(good: Run) -> None:
    assert judge_trust(good).verdict == "On slices of its own sources only"
    write_elsewhere(good, elsewhere())
    trust = judge_trust(good)
    assert trust.verdict == "As far as it was checked"
    assert trust.reason == "no check objects, and it holds on slices of another collection"


def test_a_doubt_is_the_reason_unless_something_speaks_against_the_run(good: Run) -> None:
    write_elsewhere(good, elsewhere())
    changed(good.metrics_file, cautions=["Few groups."])
    doubtful = judge_trust(good)
    assert doubtful.verdict == "Only with reservations"
    assert doubtful.reason == "its groups are few, mixed or not known to be patients"
    changed(good.metrics_file, design={"level": "confounded", "sentence": "Own sources."})
    trust = judge_trust(good)
    assert trust.verdict == "Not as evidence of disease"
    assert trust.reason == "class and source are one, so a call may mean the source"
    assert [line.outcome for line in trust.lines[:2]] == [AGAINST, DOUBT]
    assert trust.as_json()["lines"][0]["sentence"] == "Own sources."


def test_an_audit_of_other_slices_counts_as_none(good: Run) -> None:
    good.audit.mkdir()
    audit = {"found": ["leaks"], "checks": {"leaks": {"sentence": "Leak."}}}
    path = good.audit / "audit.json"
    for known, outcome in ((slices_hash(good.table_file), DOUBT), ("other", OPEN)):
        path.write_text(json.dumps({**audit, "slices_sha256": known}), encoding="utf-8")
        (line,) = [line for line in judge_trust(good).lines if line.check == "audit"]
        assert line.outcome == outcome


def test_a_made_up_evaluation_as_it_is_written_can_be_judged(tmp_path: Path) -> None:
    run = made_run(tmp_path / "run", made_table())
    trust = judge_trust(open_run(run.folder))
    assert trust.verdict in ("Only with reservations", "Not as evidence of disease")
    assert {"design", "split", "auc", "groups", "border"} <= {line.check for line in trust.lines}


def test_results_of_another_version_are_refused_in_one_sentence(good: Run) -> None:
    changed(good.metrics_file, design={"sentence": "no level"})
    with pytest.raises(RunError, match=r"does not understand.*hilum evaluate"):
        judge_trust(good)


def test_an_audit_that_is_broken_is_refused(good: Run) -> None:
    good.audit.mkdir()
    (good.audit / "audit.json").write_text("{}", encoding="utf-8")
    with pytest.raises(RunError, match=r"lacks 'found'; write it again with hilum audit"):
        judge_trust(good)
