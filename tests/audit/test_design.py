"""The design verdict: its four levels."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from hilum.audit import judge_design
from hilum.table import SliceTable

MakeTable = Callable[..., SliceTable]


def table_of(make_table: MakeTable, *cells: str) -> SliceTable:
    """A table from words like "cancer@A"."""
    pairs = [cell.split("@") for cell in cells]
    return make_table(len(cells), label=[p[0] for p in pairs], source=[p[1] for p in pairs])


def test_each_class_from_its_own_source_is_confounded(make_table: MakeTable) -> None:
    verdict = judge_design(table_of(make_table, "cancer@A", "cancer@B", "pneumonia@C"))
    assert (verdict.check, verdict.level) == ("design", "confounded")
    assert verdict.sentence == (
        "Each class comes from sources of its own (cancer only from A, B; pneumonia only from C): "
        "these data can't show whether a network has learnt the disease or the source. Whatever "
        "differs between the sources separates the classes, and a perfect score would prove "
        "nothing about disease."
    )
    assert verdict.numbers["cramers_v"] == 1.0
    assert verdict.numbers["slices"] == [[1, 1, 0], [0, 0, 1]]


def test_some_sources_of_one_class_are_partly_confounded(make_table: MakeTable) -> None:
    verdict = judge_design(table_of(make_table, "cancer@A", "cancer@B", "pneumonia@B"))
    assert verdict.level == "partly"
    assert verdict.sentence == (
        "1 of 2 sources hold one class only (A; Cramér's V of class and source 0.50): part of "
        "every metric may reflect the source, not disease. Look at the sources that hold several "
        "classes."
    )


def test_every_class_in_every_source_is_crossed(make_table: MakeTable) -> None:
    even = judge_design(table_of(make_table, "cancer@A", "cancer@B", "pneumonia@A", "pneumonia@B"))
    assert even.level == "crossed"
    assert even.sentence == (
        "Every source holds every class (Cramér's V of class and source 0.00): source and class "
        "are hardly associated."
    )
    uneven = judge_design(
        table_of(make_table, *["cancer@A"] * 4, "cancer@B", "pneumonia@A", *["pneumonia@B"] * 4)
    )
    assert uneven.level == "crossed"
    assert uneven.numbers["cramers_v"] == pytest.approx(0.6)
    assert uneven.sentence == (
        "Every source holds every class, but in different proportions (Cramér's V of class and "
        "source 0.60): the source is still informative about the class."
    )


def test_one_source_is_single(make_table: MakeTable) -> None:
    verdict = judge_design(table_of(make_table, "cancer@A", "pneumonia@A"))
    assert verdict.level == "single"
    assert verdict.numbers["cramers_v"] == 0.0
    assert verdict.sentence.startswith("All slices come from one source: ")


def test_one_class_from_several_sources_is_no_shortcut(make_table: MakeTable) -> None:
    verdict = judge_design(table_of(make_table, "normal@A", "normal@B"), positive="cancer")
    assert verdict.level == "single"
    assert verdict.sentence == "All slices are normal: there is no other class to tell from it."


def test_groups_are_counted_once(make_table: MakeTable) -> None:
    table = make_table(
        4,
        label=["cancer", "cancer", "cancer", "pneumonia"],
        source=["A", "A", "B", "B"],
        group=["p", "p", "q", "q"],
    )
    assert judge_design(table).as_json() == {
        "level": "partly",
        "sentence": judge_design(table).sentence,
        "labels": ["cancer", "pneumonia"],
        "sources": ["A", "B"],
        "slices": [[2, 1], [0, 1]],
        "groups": [[1, 1], [0, 1]],
        "cramers_v": 0.5774,
    }


def test_a_positive_class_with_sources_of_its_own_is_confounded(make_table: MakeTable) -> None:
    """The figures set it against all others together, so how those share theirs has no say."""
    table = table_of(make_table, "cancer@A", "pneumonia@B", "normal@B")
    assert judge_design(table).level == "partly"
    verdict = judge_design(table, positive="cancer")
    assert verdict.level == "confounded"
    assert verdict.sentence == (
        "cancer comes from sources of its own (A; the other classes from B): these data "
        "can't show whether metrics of cancer against the rest reflect disease or source."
    )


def test_sources_that_each_lack_a_class_are_named(make_table: MakeTable) -> None:
    table = table_of(make_table, "cancer@A", "pneumonia@A", "cancer@B", "normal@B")
    assert judge_design(table, positive="cancer").sentence.startswith(
        "Not every source holds every class (A lacks normal; B lacks pneumonia; Cramér's V"
    )
