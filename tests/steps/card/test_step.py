"""The model card of a run: MHub's sections, a checklist, no patient's name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from made_runs import Made, changed, made_folds, made_run, made_table

from hilum.errors import RunError
from hilum.run import Run
from hilum.steps.card import write_card
from hilum.steps.card.checklist import guidelines


@pytest.fixture(scope="module")
def carded(tmp_path_factory: pytest.TempPathFactory) -> Run:
    run = made_run(tmp_path_factory.mktemp("card") / "run", made_table())
    write_card(run)
    return run


@pytest.fixture(scope="module")
def card(carded: Run) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(
        carded.card_file.with_suffix(".json").read_text(encoding="utf-8")
    )
    return content


def test_sections_are_named_as_in_mhubs_meta_json(card: dict[str, Any]) -> None:
    assert {"id", "name", "title", "summary", "details", "info"} <= card.keys()
    assert list(card["info"]) == [
        "use", "evaluation", "training", "analyses", "ethics", "limitations",
    ]  # fmt: skip
    assert card["summary"].keys() == {"description", "inputs", "outputs", "model", "data"}
    assert card["summary"]["outputs"][0]["classes"] == ["cancer", "pneumonia"]
    assert card["details"]["date"]["weights"] == "02.01.2026"
    assert card["name"] == "hilum_mobilenetv2_cancer_pneumonia"


def test_texts_and_tables_are_as_long_as_mhub_allows(card: dict[str, Any]) -> None:
    assert len(card["summary"]["description"]) <= 200
    for section in card["info"].values():
        assert 50 <= len(section["text"].split()) <= 500
        assert len(section["tables"]) <= 2
        assert all(2 <= len(table["entries"]) <= 10 for table in section["tables"])


def test_counts_are_those_of_the_table(card: dict[str, Any]) -> None:
    # made_table((12, 20)): of each class the last third of the groups is the test split
    assert card["summary"]["data"]["evaluation"] == {"vol_samples": 4 + 6}
    assert card["summary"]["data"]["training"] == {"vol_samples": 32 - 10}
    assert card["summary"]["data"]["external"] is False
    assert "test 30 slices of 10 groups" in card["info"]["evaluation"]["text"]


def test_every_item_of_both_guidelines_is_answered_or_a_persons(card: dict[str, Any]) -> None:
    claim, tripod = card["checklist"]
    assert [item["number"] for item in claim["items"]] == [str(n) for n in range(1, 45)]
    assert {item["number"].rstrip("abcdefg") for item in tripod["items"]} == set(
        map(str, range(1, 28))
    )
    for item in [*claim["items"], *tripod["items"]]:
        assert item["knows"] or item["person"], item


def test_answers_hold_the_runs_own_numbers(card: dict[str, Any], carded: Run) -> None:
    items = {item["number"]: item["knows"] for item in card["checklist"][0]["items"]}
    auc = carded.metrics()["splits"]["test"]["per_slice"]["figures"]["auc"]["value"]
    assert f"AUC of cancer {auc:.3f} [" in items["37"]
    assert items["20"] == "By group. No group is in more than one split."
    assert items["33"] == "Never tested on slices of another collection."
    assert "2,555,394 parameters" in items["22"]
    assert items["1"] == "Deep learning, image classification: MobileNetV2."


def test_the_card_holds_the_verdict_and_its_lines(card: dict[str, Any]) -> None:
    assert card["trust"]["verdict"] == "Not as evidence of disease"
    assert card["info"]["limitations"]["text"].startswith(
        "How far can this be trusted? Not as evidence of disease: "
    )


def test_no_slice_and_no_group_is_named(card: dict[str, Any]) -> None:
    text = json.dumps(card)
    assert "cancer-0" not in text
    assert "pneumonia-3" not in text


def test_the_page_holds_sections_checklist_and_no_script(carded: Run) -> None:
    page = carded.card_file.read_text(encoding="utf-8")
    assert "<script" not in page
    assert "Research use only. Not a medical device." in page
    for title in ("Intended use", "Training data", "Checklist after CLAIM 2024", "TRIPOD+AI"):
        assert title in page
    assert "http" not in page.replace("http-equiv", "")


def test_known_sources_are_named_with_their_terms(tmp_path: Path) -> None:
    table = made_table()
    table.rows["source"] = table.rows["label"].map({"cancer": "msd-lung", "pneumonia": "clinic"})
    run = made_run(tmp_path / "run", table)
    write_card(run)
    content = json.loads(run.card_file.with_suffix(".json").read_text(encoding="utf-8"))
    assert content["info"]["training"]["tables"][0]["entries"] == {
        "clinic": "a person must say",
        "msd-lung": "CC BY-SA 4.0",
    }
    assert content["summary"]["data"]["public"] is None


def test_an_evaluation_elsewhere_stands_in_the_card(tmp_path: Path) -> None:
    run = made_run(tmp_path / "run", made_table())
    figures = run.metrics()["splits"]["test"]["per_slice"]
    folder = run.elsewhere / "clinic"
    folder.mkdir(parents=True)
    elsewhere = {
        "name": "clinic",
        "sentence": "clinic: AUC 0.610.",
        "per_slice": figures,
        "design": {"level": "single"},
    }
    (folder / "metrics.json").write_text(json.dumps(elsewhere), encoding="utf-8")
    write_card(run)
    content = json.loads(run.card_file.with_suffix(".json").read_text(encoding="utf-8"))
    assert content["summary"]["data"]["external"] is True
    assert "clinic: AUC 0.610." in content["info"]["analyses"]["text"]


def test_a_cross_validation_has_a_card(tmp_path: Path) -> None:
    run = made_folds(tmp_path / "run", made_table(), Made(), [0.9, 0.8])
    page = write_card(run).read_text(encoding="utf-8")
    assert "by the network of one fold" in page


def test_a_run_that_is_not_evaluated_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    run = made_run(tmp_path / "run", made_table())
    run.metrics_file.unlink()
    with pytest.raises(RunError, match=r"no metrics.json; run `hilum evaluate` first"):
        write_card(run)
    assert not run.card_file.exists()
    assert not run.card_file.with_suffix(".json").exists()


def test_results_that_lack_a_key_are_refused_in_one_sentence(tmp_path: Path) -> None:
    run = made_run(tmp_path / "run", made_table())
    changed(run.metrics_file, interval=None)
    with pytest.raises(RunError, match=r"card can't be made of.*'interval'.*hilum evaluate"):
        write_card(run)
    assert not run.card_file.exists()


def test_guidelines_ask_for_data_results_and_limits() -> None:
    used = {item["knows"] for guideline in guidelines() for item in guideline["items"]} - {""}
    assert {"sources", "splits", "leak", "performance", "external", "limits"} <= used
