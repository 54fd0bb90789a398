"""The audit of a table, from the table to the page."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from made_runs import made_run

from hilum.errors import ReadError, RunError, TableError, UsageError
from hilum.report import render
from hilum.run import Run
from hilum.run.slices_hash import slices_hash
from hilum.run.trust import judge_trust
from hilum.sources import BuildOptions, PhantomSettings, build_table
from hilum.splits import split_table
from hilum.steps.audit import AuditOptions, audit_table
from hilum.table import SliceTable

OWN_FOLDER = "an audit needs a folder to write; give --out FOLDER, or --run RUN"
FIXED = AuditOptions(weights="none")


def drawn(folder: Path, *, link: float) -> SliceTable:
    settings = PhantomSettings(patients=32, slices_per_patient=1, size=96, link=link)
    options = BuildOptions(phantom=settings)
    built = build_table([("phantom", folder)], out=folder / "slices.csv", options=options)
    return split_table(built.table)


@pytest.fixture(scope="module")
def crossed(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], Path]:
    """The audit of phantoms whose sources and labels are independent."""
    folder = tmp_path_factory.mktemp("crossed")
    content = audit_table(drawn(folder, link=0), out=folder / "audit", options=FIXED)
    return content, folder / "audit"


@pytest.fixture(scope="module")
def audited(tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, dict[str, Any]]:
    """A made-up run on phantoms of which each class has sources of its own, audited."""
    folder = tmp_path_factory.mktemp("audited")
    table = drawn(folder, link=1)
    run = made_run(folder / "run", table)
    return run, audit_table(table, options=AuditOptions(weights="none", run=run.folder))


def test_crossed_phantoms_pass(crossed: tuple[dict[str, Any], Path]) -> None:
    content, _ = crossed
    assert content["found"] == []
    assert content["features"]["of"].startswith("fixed features")
    assert (content["positive"], content["slices"], content["groups"]) == ("cancer", 32, 32)


def test_a_source_for_each_class_is_found_by_every_check_that_can(
    audited: tuple[Run, dict[str, Any]],
) -> None:
    _, linked = audited
    assert {"design", "attributes", "probes", "masking"} <= set(linked["found"])
    first = linked["checks"]["attributes"]["ranked"][0]
    assert (first["name"], first["utility"]) == ("source", pytest.approx(1, abs=0.01))
    assert linked["checks"]["attributes"]["level"] == "seen"
    assert linked["columns_left_out"] == {
        "lesion_kind": "describes the disease",
        "lesion_mm": "describes the disease",
    }


def test_the_page_says_what_the_json_says_and_loads_nothing(
    crossed: tuple[dict[str, Any], Path],
) -> None:
    content, folder = crossed
    assert json.loads((folder / "audit.json").read_text("utf-8")) == content
    page = (folder / "audit.html").read_text("utf-8")
    assert "No check found anything" in page
    assert "default-src &#39;none&#39;" in page or "default-src 'none'" in page
    assert not re.search(r"<script|https?://(?!www\.w3\.org)", page)
    assert {file.name for file in (folder / "figures").iterdir()} == {
        "attributes.svg", "probes.svg",
    }  # fmt: skip
    for row in content["checks"]["attributes"]["ranked"]:
        assert row["name"] in page


def test_what_can_not_be_asked_is_refused_in_one_sentence(
    table: SliceTable, tmp_path: Path
) -> None:
    out = tmp_path / "audit"
    cases: list[tuple[AuditOptions, str]] = [
        (AuditOptions(ignored=("ward",)), "--ignore: slices.csv has no column 'ward'"),
        (AuditOptions(patients={"x": 3}), "--patients: slices.csv has no source 'x'"),
        (AuditOptions(patients={"phantom-a": 0}), "must be at least 1; got 0"),
        (AuditOptions(positive="flu"), "must be one of the labels .*; got 'flu'"),
        (AuditOptions(run=tmp_path / "none"), "there is no run folder"),
        (AuditOptions(weights=tmp_path / "none"), "there is no weights folder"),
    ]
    for options, words in cases:
        with pytest.raises(UsageError, match=words):
            audit_table(table, out=out, options=options)
    one = table.where(table.rows["label"] == "cancer")
    with pytest.raises(TableError, match="at least two labels; got 'cancer' only"):
        audit_table(one, out=out, options=FIXED)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("mine")
    with pytest.raises(UsageError, match=r"is no folder that hilum made \(it has no audit\.json\)"):
        audit_table(table, out=tmp_path / "mine", options=FIXED, force=True)
    assert not out.exists()


def test_too_few_groups_leave_the_cross_validated_checks_out(
    table: SliceTable, tmp_path: Path
) -> None:
    groups = table.rows.groupby("label")["group"].unique()
    few = table.where(table.rows["group"].isin([*groups["cancer"][:3], *groups["pneumonia"]]))
    content = audit_table(replace(few), out=tmp_path / "audit", options=FIXED)
    assert content["checks"]["masking"]["level"] == "undefined"
    assert content["checks"]["probes"]["sentence"].startswith("Not checked: some label has fewer")
    assert all(row["detectability"] is None for row in content["checks"]["attributes"]["ranked"])


def test_an_audited_run_stands_beside_the_strongest_probe_per_slice_and_per_group(
    audited: tuple[Run, dict[str, Any]],
) -> None:
    run, content = audited
    check, own = content["checks"]["run"], run.metrics()["splits"]["test"]
    for block, unit in ((check, "per_slice"), (check["per_group"], "per_group")):
        headline, strongest = block["headline"], block["auc"][block["strongest"]]
        assert headline["value"] == own[unit]["figures"]["auc"]["value"]
        assert strongest["value"] == max(auc["value"] for auc in block["auc"].values())
        gain = headline["value"] - strongest["value"]
        assert block["gain"]["value"] == pytest.approx(gain, abs=2e-6)
    page = (run.audit / "audit.html").read_text("utf-8")
    assert "Per group" in page


def test_an_audit_lies_in_the_run_and_the_report_and_its_verdict_know_it(
    audited: tuple[Run, dict[str, Any]],
) -> None:
    run, content = audited
    assert json.loads((run.audit / "audit.json").read_text("utf-8")) == content
    assert content["slices_sha256"] == slices_hash(run.table_file)
    (line,) = [line for line in judge_trust(run).lines if line.check == "audit"]
    assert line.outcome == "against"
    page = render(run.folder)
    assert "Strongest probe" in page
    strongest = content["checks"]["run"]["auc"][content["checks"]["run"]["strongest"]]
    assert f"{strongest['value']:.3f}" in page


def test_runs_that_can_not_be_audited_are_refused_in_one_sentence(
    table: SliceTable, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match=OWN_FOLDER):
        audit_table(table, options=FIXED)
    run = made_run(tmp_path / "run", table)
    options = AuditOptions(weights="none", run=run.folder)
    with pytest.raises(RunError, match=r"slices of .* are not in slices\.csv"):
        audit_table(table.where(table.rows["split"] != "test"), options=options)
    run.metrics_file.unlink()
    with pytest.raises(RunError, match=r"no metrics.json; run `hilum evaluate` first"):
        audit_table(table, options=options)
    assert not run.audit.exists()


def test_a_slice_that_is_gone_is_named_and_nothing_is_written(
    table: SliceTable, tmp_path: Path
) -> None:
    rows = table.rows.copy()
    rows.loc[3, "path"] = "gone.png"
    with pytest.raises(ReadError, match="row 5, column path"):
        audit_table(replace(table, rows=rows), out=tmp_path / "audit", options=FIXED)
    assert not (tmp_path / "audit").exists()


def test_a_label_of_few_groups_is_left_out_of_the_cross_validation_alone(
    table: SliceTable, tmp_path: Path
) -> None:
    rows = table.rows.copy()
    rare = rows["group"] == rows["group"][rows["label"] == "pneumonia"].iloc[0]
    rows.loc[rare, "label"] = "benign"
    content = audit_table(replace(table, rows=rows), out=tmp_path / "audit", options=FIXED)
    assert content["features"]["labels_left_out"] == ["benign"]
    assert content["features"]["slices"] == len(rows) - int(rare.sum())
    assert content["checks"]["masking"]["level"] != "undefined"
    assert "benign" in content["labels"]


def test_slices_of_a_harmonised_run_are_audited_as_the_run_sees_them(
    tmp_path: Path, no_annotations: None
) -> None:
    settings = PhantomSettings(patients=16, slices_per_patient=1, size=96, link=0)
    options = BuildOptions(phantom=settings)
    table = build_table([("phantom", tmp_path)], out=tmp_path / "all.csv", options=options).table
    order = table.rows.groupby("label").cumcount()
    rows = table.rows.assign(split=order.map(lambda number: "test" if number % 2 else "train"))
    table = replace(table, rows=rows)
    run = made_run(tmp_path / "run", table)
    network = json.loads(run.network_file.read_text("utf-8"))
    network["input"]["harmonise"] = True
    run.network_file.write_text(json.dumps(network), "utf-8")
    content = audit_table(table, options=AuditOptions(weights="none", run=run.folder))
    assert content["features"]["harmonised"] is True
    lungs = content["checks"]["masking"]["lungs"]
    assert lungs["found"] + lungs["centre"] == len(table)
    assert lungs["found"] >= 15
    assert "no_lesion" in content["checks"]["masking"]["auc"]
    page = (run.audit / "audit.html").read_text("utf-8")
    assert "slices harmonised, as the run sees them" in page
