"""Lines of the verdict: each check's outcome speaks for a run, against it, or leaves it open."""

from __future__ import annotations

from typing import Any

import pytest
from trust_content import elsewhere, metric, metrics

from hilum.run.trust_lines import (
    AGAINST,
    DOUBT,
    FOR,
    OPEN,
    audit_line,
    covering_line,
    elsewhere_lines,
    evaluation_lines,
    localisation_line,
    sanity_line,
)


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
    assert audit_line(audit).outcome == AGAINST
    checks["run"]["gain"] = {"low": 0.02}
    assert audit_line(audit).outcome == FOR
    line = audit_line({**audit, "found": ["attributes"]})
    assert (line.outcome, line.sentence) == (DOUBT, "jpeg_quality tells the label.")
    assert audit_line(None).outcome == OPEN
    assert audit_line(None, stale=True).short == "its audit is of other slices"


@pytest.mark.parametrize(
    ("level", "outcome"),
    [("above", FOR), ("not_above", DOUBT), ("below", DOUBT), ("undefined", OPEN)],
)
def test_maps_that_miss_lesions_leave_a_doubt(level: str, outcome: str) -> None:
    found = localisation_line({"verdict": {"level": level, "sentence": ""}})
    assert found.outcome == outcome
    assert localisation_line(None).outcome == OPEN


@pytest.mark.parametrize(
    ("level", "outcome"),
    [("falls", FOR), ("partly", DOUBT), ("unclear", DOUBT), ("stays", AGAINST), ("new", OPEN)],
)
def test_an_auc_that_stays_where_lesions_are_covered_speaks_against_a_run(
    level: str, outcome: str
) -> None:
    localisation: dict[str, Any] = {
        "split": "test", "lesions_covered": {"level": level, "sentence": "It is so."},
    }  # fmt: skip
    found = covering_line(localisation)
    assert (found.outcome, found.sentence) == (outcome, "It is so.")
    assert covering_line(None).outcome == OPEN
    assert covering_line({"split": "test"}).outcome == OPEN
    assert covering_line({**localisation, "split": "train"}).outcome == OPEN


@pytest.mark.parametrize(("level", "outcome"), [("falls", FOR), ("partly", OPEN), ("stays", DOUBT)])
def test_maps_of_a_random_network_leave_a_doubt(level: str, outcome: str) -> None:
    assert sanity_line({"randomisation": {"level": level, "sentence": ""}}).outcome == outcome
    assert sanity_line(None).outcome == OPEN
