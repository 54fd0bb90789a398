"""Sections of a card: within MHub's limits, and a person's where no file holds the answer."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

import pytest

from hilum.catalogue.collections import known_collections
from hilum.steps.card.facts import CardFacts
from hilum.steps.card.sections import LONGEST_DESCRIPTION, PERSON, details, info, summary
from hilum.table import SliceTable

ANSWERS = defaultdict(lambda: "Some `answer` with **stars**.")


def test_a_description_is_never_longer_than_allowed(facts: CardFacts) -> None:
    long = replace(facts, network=replace(facts.network, title="N" * 300))
    assert len(summary(long)["description"]) == LONGEST_DESCRIPTION


@pytest.mark.parametrize(
    ("collections", "public"), [({}, None), (known_collections(), True)], ids=["unknown", "known"]
)
def test_data_are_public_only_where_every_source_is_known(
    collections: dict[str, object], public: bool | None, facts: CardFacts
) -> None:
    known = dict.fromkeys(facts.sources, known_collections()["msd-lung"]) if collections else {}
    assert summary(replace(facts, collections=known))["data"]["public"] is public


@pytest.mark.parametrize(
    ("started", "day"), [("2026-01-02T03:04:05+00:00", "02.01.2026"), (None, ""), ("soon", "")]
)
def test_the_day_of_training_is_written_as_mhub_does(
    started: str | None, day: str, facts: CardFacts
) -> None:
    content = details(replace(facts, environment={"started": started}))
    assert content["date"] == {"code": "", "weights": day, "pub": ""}
    assert (content["license"]["weights"], content["devteam"]) == (PERSON, PERSON)


def test_texts_have_no_formatting_and_say_what_a_person_must_add(facts: CardFacts) -> None:
    sections = info(facts, ANSWERS)
    for section in sections.values():
        assert "`" not in section["text"] and "**" not in section["text"]
        assert PERSON in section["text"] or section["title"] == "Quantitative analyses"


def test_a_table_of_more_entries_than_allowed_sums_up_the_rest(facts: CardFacts) -> None:
    by_class = {f"class {number}": number for number in range(14)}
    block = {**facts.test, "by_class": by_class}
    metrics = {**facts.metrics, "splits": {"test": {"per_slice": block}}}
    (table,) = info(replace(facts, metrics=metrics), ANSWERS)["evaluation"]["tables"]
    assert len(table["entries"]) == 10
    assert list(table["entries"].items())[-1] == ("5 others", "see metrics.json")


def test_a_table_of_one_entry_is_none(facts: CardFacts) -> None:
    table = facts.table
    one_source = SliceTable(table.rows.assign(source="clinic"), table.folder, table.name)
    assert info(facts, ANSWERS)["training"]["tables"][0]["label"] == "Terms of the data"
    assert info(replace(facts, table=one_source), ANSWERS)["training"]["tables"] == []
