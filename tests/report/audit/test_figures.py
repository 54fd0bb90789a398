"""Figures of an audit: what is known is drawn and described, what is not leaves no figure."""

from __future__ import annotations

from typing import Any

from hilum.report.audit.figures import MOST_NAMED, audit_drawings

TITLES = {"border": "border alone", "noise": "noise residue"}


def auc(value: float | None) -> dict[str, float | None]:
    low, high = (None, None) if value is None else (value - 0.1, value + 0.05)
    return {"value": value, "low": low, "high": high}


def attribute(name: str, detectability: float | None, *, tells: bool = False) -> dict[str, Any]:
    return {"name": name, "utility": 0.5, "detectability": detectability, "tells": tells}


def content(**checks: Any) -> dict[str, Any]:
    return {"checks": {"attributes": {"ranked": []}, **checks}}


def test_an_audit_without_results_has_no_figures() -> None:
    skipped = {"attributes": {"skipped": "Too few groups."}, "probes": {"headline": auc(None)}}
    assert audit_drawings(content(**skipped), TITLES) == {}


def test_attributes_that_no_feature_was_tried_on_are_not_plotted() -> None:
    ranked = [attribute("source", 0.9, tells=True), attribute("kilovolts", None)]
    drawing = audit_drawings(content(attributes={"ranked": ranked}), TITLES)["attributes"]
    assert drawing.description == (
        "Attributes by utility and detectability: source utility 0.50, detectability 0.90."
    )
    assert "source" in drawing.svg and "kilovolts" not in drawing.svg


def test_a_figure_names_as_many_attributes_as_fit_even_at_one_point() -> None:
    ranked = [attribute(f"column{number}", 0.5) for number in range(MOST_NAMED + 2)]
    svg = audit_drawings(content(attributes={"ranked": ranked}), TITLES)["attributes"].svg
    assert [f"column{number}" in svg for number in range(MOST_NAMED + 2)] == (
        [True] * MOST_NAMED + [False] * 2
    )


def test_probes_stand_below_the_headline_the_strongest_first() -> None:
    probes = {
        "of": "the run", "headline": auc(0.9), "auc": {"border": auc(0.6), "noise": auc(0.7)}
    }  # fmt: skip
    found = audit_drawings(content(run=probes), TITLES)
    assert set(found) == {"run"}
    assert found["run"].description == (
        "AUC with 95 % interval: the run, test 0.900 from 0.800 to 0.950; noise residue 0.700 "
        "from 0.600 to 0.750; border alone 0.600 from 0.500 to 0.650."
    )


def test_without_a_run_the_features_of_whole_slices_are_the_headline() -> None:
    probes = {"of": "the table", "headline": auc(0.8), "auc": {}}
    drawing = audit_drawings(content(probes=probes), TITLES)["probes"]
    assert "features of whole slices 0.800" in drawing.description
