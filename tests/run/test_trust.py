"""How far a run can be trusted: outcomes of checks, and the verdict that they come to."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from made_runs import changed, made_run, made_table

from hilum.errors import RunError
from hilum.run import Run, open_run
from hilum.run.slices_hash import slices_hash
from hilum.run.trust import judge_trust
from hilum.run.trust_lines import (
    AGAINST,
    DOUBT,
    FOR,
    OPEN,
    audit_line,
    elsewhere_lines,
    evaluation_lines,
    localisation_line,
    sanity_line,
)


def metric(value: float | None, low: float | None = None, high: float | None = None) -> dict:
    return {"value": value, "low": low, "high": high, "method": "bootstrap"}


def metrics(**changes: Any) -> dict[str, Any]:
    """An evaluation to which no check objects."""
    auc = metric(0.9, 0.8, 0.95)
    return {
        "positive": "cancer",
        "design": {"level": "crossed", "cramers_v": 0.02, "sentence": "Crossed."},
        "split": {"leak": {"groups": 0, "sentence": "No group is in two splits."}},
        "splits": {"test": {"per_slice": {"figures": {"auc": auc}}}},
        "cautions": [],
        "border_probe": {"level": "chance", "sentence": "At chance."},
        "within_source": {"pooled": metric(0.85, 0.75, 0.92)},
        **changes,
    }


def elsewhere(**changes: Any) -> dict[str, Any]:
    figures = {"auc": metric(0.82, 0.7, 0.9), "accuracy": metric(0.8, 0.7, 0.9)}
    return {
        "name": "clinic",
        "sentence": "clinic: AUC 0.820.",
        "per_slice": {"figures": figures},
        "overlap": {"slices": 0},
        "design": {"level": "single"},
        "border_probe": {"level": "chance"},
        **changes,
    }


def outcomes(content: dict[str, Any]) -> dict[str, str]:
    return {line.check: line.outcome for line in evaluation_lines(content)}


def test_a_good_evaluation_speaks_for_the_run_in_every_line() -> None:
    assert set(outcomes(metrics()).values()) == {FOR}


@pytest.mark.parametrize(
    ("change", "check", "outcome"),
    [
        ({"design": {"level": "confounded", "sentence": ""}}, "design", AGAINST),
        ({"design": {"level": "partly", "sentence": ""}}, "design", DOUBT),
        ({"design": {"level": "single", "sentence": ""}}, "design", OPEN),
        ({"design": {"level": "crossed", "cramers_v": 0.4, "sentence": ""}}, "design", DOUBT),
        ({"split": {"leak": {"groups": 2, "sentence": "2 groups leak."}}}, "split", AGAINST),
        ({"cautions": ["The test set has few groups."]}, "groups", DOUBT),
        ({"border_probe": {"level": "explains", "sentence": ""}}, "border", AGAINST),
        ({"border_probe": {"level": "unclear", "sentence": ""}}, "border", DOUBT),
        ({"border_probe": {"level": "contributes", "sentence": ""}}, "border", DOUBT),
        ({"border_probe": {"level": "undefined", "sentence": ""}}, "border", OPEN),
        ({"border_probe": None}, "border", OPEN),
        ({"within_source": None}, "within source", OPEN),
        ({"within_source": {"pooled": metric(None)}}, "within source", OPEN),
        ({"within_source": {"pooled": metric(0.6, 0.4, 0.8)}}, "within source", DOUBT),
        ({"random_labels": {"sentence": ""}}, "labels", AGAINST),
    ],
)
def test_each_check_has_the_outcome_of_its_level(
    change: dict[str, Any], check: str, outcome: str
) -> None:
    assert outcomes(metrics(**change))[check] == outcome


@pytest.mark.parametrize(
    ("auc", "outcome"),
    [(metric(0.6, 0.45, 0.75), AGAINST), (metric(None), OPEN), (metric(0.9, 0.51, 1), FOR)],
)
def test_an_auc_that_may_be_chance_speaks_against_the_run(auc: dict, outcome: str) -> None:
    content = metrics(splits={"test": {"per_slice": {"figures": {"auc": auc}}}})
    assert outcomes(content)["auc"] == outcome


@pytest.mark.parametrize(
    ("change", "outcome", "short"),
    [
        ({}, FOR, "on clinic the AUC is 0.82 (0.70 to 0.90)"),
        ({"overlap": {"slices": 3}}, DOUBT, "part of clinic was trained on"),
        ({"design": {"level": "confounded"}}, DOUBT, "in clinic class and source are one"),
        (
            {"border_probe": {"level": "explains"}},
            DOUBT,
            "on clinic the border alone ranks as well",
        ),
        (
            {"per_slice": {"figures": {"auc": metric(0.06, 0.022, 0.101)}}},
            AGAINST,
            "on clinic the AUC is 0.060 (0.022 to 0.101)",
        ),
        (
            {"per_slice": {"figures": {"auc": metric(0.55, 0.4, 0.7)}}},
            DOUBT,
            "on clinic the AUC is 0.55 (0.40 to 0.70)",
        ),
        (
            {"per_slice": {"figures": {"auc": metric(None), "accuracy": metric(0.126, 0.1, 0.2)}}},
            AGAINST,
            "on clinic the share classified correctly is 0.126 (0.100 to 0.200)",
        ),
    ],
)
def test_an_evaluation_elsewhere_speaks_by_its_interval(
    change: dict[str, Any], outcome: str, short: str
) -> None:
    (line,) = elsewhere_lines([elsewhere(**change)])
    assert (line.outcome, line.short) == (outcome, short)


def test_never_evaluated_elsewhere_is_open_and_says_how() -> None:
    (line,) = elsewhere_lines([])
    assert line.outcome == OPEN
    assert line.sentence.endswith("`hilum evaluate RUN TABLE.csv`.")


def test_an_audit_speaks_against_a_run_that_probes_match() -> None:
    checks = {
        "run": {"level": "blind", "gain": {"low": -0.1}, "sentence": "No gain."},
        "leaks": {"level": "none", "sentence": "None."},
        "attributes": {"level": "seen", "sentence": "jpeg_quality tells the label."},
    }
    audit: dict[str, Any] = {"found": [], "checks": checks}
    assert audit_line(audit, current=True).outcome == AGAINST
    checks["run"]["gain"] = {"low": 0.02}
    assert audit_line(audit, current=True).outcome == FOR
    line = audit_line({**audit, "found": ["attributes"]}, current=True)
    assert (line.outcome, line.sentence) == (DOUBT, "jpeg_quality tells the label.")
    assert audit_line(audit, current=False).outcome == OPEN
    assert audit_line(None, current=False).outcome == OPEN


@pytest.mark.parametrize(
    ("level", "outcome"),
    [("above", FOR), ("not_above", DOUBT), ("below", DOUBT), ("undefined", OPEN)],
)
def test_maps_that_miss_lesions_leave_a_doubt(level: str, outcome: str) -> None:
    found = localisation_line({"verdict": {"level": level, "sentence": ""}})
    assert found.outcome == outcome
    assert localisation_line(None).outcome == OPEN


@pytest.mark.parametrize(("level", "outcome"), [("falls", FOR), ("partly", OPEN), ("stays", DOUBT)])
def test_maps_of_a_random_network_leave_a_doubt(level: str, outcome: str) -> None:
    assert sanity_line({"randomisation": {"level": level, "sentence": ""}}).outcome == outcome
    assert sanity_line(None).outcome == OPEN


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
