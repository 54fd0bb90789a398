"""Sentences on the data: counts of the table, and nothing is claimed that it does not hold."""

from __future__ import annotations

from dataclasses import replace

from hilum.catalogue.collections import known_collections
from hilum.steps.card.data_answers import data_answers
from hilum.steps.card.facts import CardFacts
from hilum.table import SliceTable


def with_columns(facts: CardFacts, **columns: object) -> CardFacts:
    table = facts.table
    return replace(facts, table=SliceTable(table.rows.assign(**columns), table.folder, table.name))


def test_counts_are_those_of_the_table(facts: CardFacts) -> None:
    answers, rows = data_answers(facts), facts.table.rows
    assert f"{len(rows)} slices of {rows['group'].nunique()} groups" in answers["size"]
    assert answers["splits"].startswith("Groups are assigned as a whole: ")
    assert "test 30 slices of 10 groups" in answers["splits"]
    assert (
        "37% of the slices" in answers["imbalance"] or "38% of the slices" in (answers["imbalance"])
    )


def test_terms_are_those_of_known_collections_and_unknown_for_others(facts: CardFacts) -> None:
    assert data_answers(facts)["terms"].startswith("not known for ")
    known = known_collections()["msd-lung"]
    named = replace(with_columns(facts, source="msd-lung"), collections={"msd-lung": known})
    answers = data_answers(named)
    assert answers["terms"] == "msd-lung: CC BY-SA 4.0."
    assert answers["sources"].startswith(f"msd-lung ({known.title}): ")


def test_boxes_are_counted_and_none_is_no_box(facts: CardFacts) -> None:
    assert data_answers(facts)["boxes"] == "The table marks no lesion."
    boxes = ["1 1 4 4", "none", *[""] * (len(facts.table) - 2)]
    answer = data_answers(with_columns(facts, boxes=boxes))["boxes"]
    assert answer == f"1 of {len(facts.table)} slices have boxes around lesions."


def test_people_are_described_as_far_as_columns_do(facts: CardFacts) -> None:
    assert data_answers(facts)["cohort"].startswith("The table has no sex and no age.")
    assert data_answers(facts)["fairness"] == "Nothing is known: the table has no sex and no age."
    half = ["F" if number % 2 else "" for number in range(len(facts.table))]
    answers = data_answers(with_columns(facts, sex=half, stage_t="2"))
    assert answers["cohort"].startswith(
        "Known: sex of 50% of the slices, stage_t of 100% of the slices; the table has no age."
    )
    assert "--by sex" in answers["fairness"]
