"""Counting a cohort."""

from __future__ import annotations

import pandas as pd

from hilum.steps.describe.cohort import cohort_of


def test_slices_groups_sources_articles_and_patients_are_counted(rows: pd.DataFrame) -> None:
    counts = cohort_of(rows, title="t")["counts"]
    assert counts["pneumonia"] == {"slices": 3, "groups": 2, "sources": 1, "articles": 2}
    assert counts["cancer"] == {"slices": 2, "groups": 1, "sources": 1, "patients": 1}


def test_a_table_counts_slices_and_groups_with_the_unknown_last(rows: pd.DataFrame) -> None:
    tables = {table["name"]: table for table in cohort_of(rows, title="t")["tables"]}
    sex = {row["value"]: row["cells"] for row in tables["sex"]["rows"]}
    assert list(sex) == ["male", "female", "unknown"]
    assert sex["male"] == {
        "cancer": {"slices": 0, "groups": 0},
        "pneumonia": {"slices": 2, "groups": 1},
    }
    assert sex["unknown"]["pneumonia"] == {"slices": 1, "groups": 1}
    assert "stage_t" not in tables
    assert [row["value"] for row in tables["organism"]["rows"]] == ["H1N1", "unknown"]


def test_rare_values_are_joined(rows: pd.DataFrame) -> None:
    many = pd.concat([rows.iloc[:1]] * 30, ignore_index=True)
    many["histology"] = [f"kind {number:02d}" for number in range(30)]
    table = next(t for t in cohort_of(many, title="t")["tables"] if t["name"] == "histology")
    assert len(table["rows"]) == 30, "nothing is lost: the CSV has them all"
    assert len(table["short"]) == 25
    assert table["short"][-1]["value"] == "other"
    assert table["short"][-1]["cells"]["pneumonia"] == {"slices": 6, "groups": 1}


def test_stages_are_told_with_their_letter(rows: pd.DataFrame) -> None:
    staged = rows.assign(stage_t=["1c", "T2", "", "is", "1c"], stage_m=["0", "0", "0", "", "1b"])
    tables = {one["name"]: one for one in cohort_of(staged, title="t")["tables"]}
    assert [row["value"] for row in tables["stage_t"]["rows"]] == ["T1c", "T2", "Tis", "unknown"]
    assert [row["value"] for row in tables["stage_m"]["rows"]] == ["M0", "M1b", "unknown"]


def test_exclusions_name_their_slices(rows: pd.DataFrame) -> None:
    assert cohort_of(rows, title="t")["exclusions"] == [
        {"reason": "cop", "slices": ["b"]},
        {"reason": "lung cancer", "slices": ["b", "c"]},
    ]


def test_what_tells_the_classes_apart_is_doubted(rows: pd.DataFrame) -> None:
    many = pd.concat([rows] * 20, ignore_index=True)
    (doubt,) = [one for one in cohort_of(many, title="t")["doubts"] if one.startswith("Size")]
    assert "Cramér's V 0.99" in doubt
    alike = many.assign(size="10 x 20", format="PNG")
    assert cohort_of(alike, title="t")["doubts"] == []


def test_sizes_that_occur_once_each_tell_nothing(rows: pd.DataFrame) -> None:
    many = pd.concat([rows] * 20, ignore_index=True).assign(format="PNG")
    many["size"] = [f"{number} x 100" for number in range(100)]
    assert cohort_of(many, title="t")["doubts"] == []


def test_nothing_is_doubted_of_one_class(rows: pd.DataFrame) -> None:
    content = cohort_of(rows[rows["label"] == "cancer"], title="t")
    assert content["doubts"] == []
    assert content["labels"] == ["cancer"]
