"""What a caption's words say of leaving a slice out, and leaving it out."""

from __future__ import annotations

import pandas as pd
import pytest

from hilum.errors import UsageError
from hilum.sources.exclusions import exclusions_of, leave_out


@pytest.mark.parametrize(
    ("text", "reasons"),
    [
        ("CT of a man with COVID-19 pneumonia.", ["covid-19"]),
        ("Proven SARS-CoV-2 infection in a woman", ["covid-19"]),
        ("SARS coronavirus of 2003", []),
        ("classified as cryptogenic organizing pneumonia", ["cop"]),
        ("cryptogenic organising pneumonia (COP)", ["cop"]),
        ("Cryptogenic organizing pneumonia in a man", ["cop"]),
        ("organizing pneumonia after influenza", []),
        ("the cop arrived", []),
        ("infiltrates due to BOOP.", ["boop"]),
        ("bronchiolitis obliterans organizing pneumonia", ["boop"]),
        ("50-year-old woman with lung carcinoma and nocardiosis", ["lung cancer"]),
        ("a non-small cell lung cancer", ["lung cancer"]),
        ("carcinoma of the lung; BOOP", ["boop", "lung cancer"]),
        ("with breast cancer and pneumonia", []),
        ("this form of pneumonia may mimic bronchogenic carcinoma", []),
        ("tuberculosis misdiagnosed as lung cancer in a man", []),
        ("more common in influenza than coronavirus disease 2019 (COVID-19)", []),
        ("unlike COP. The patient had lung cancer", ["lung cancer"]),
        ("", []),
    ],
)
def test_a_caption_gives_reasons_unless_it_only_compares(text: str, reasons: list[str]) -> None:
    assert exclusions_of(text) == reasons


@pytest.fixture
def rows() -> pd.DataFrame:
    reasons = ["", "cop; lung cancer", "lung cancer", "boop", ""]
    return pd.DataFrame({"slice_id": list("abcde"), "exclusion": reasons})


def test_slices_are_left_out_by_reason_and_those_that_stay_are_told(rows: pd.DataFrame) -> None:
    remaining, notes = leave_out(rows, ["lung cancer"])
    assert list(remaining["slice_id"]) == ["a", "d", "e"]
    assert list(remaining.index) == [0, 1, 2]
    assert notes == [
        "2 slices left out (2 lung cancer).",
        "the paper would leave out 1 slice that is in this table (1 boop); the column `exclusion` "
        "names the reasons, --exclude paper drops it.",
    ]


def test_paper_stands_for_every_reason(rows: pd.DataFrame) -> None:
    remaining, notes = leave_out(rows, ["paper"])
    assert list(remaining["slice_id"]) == ["a", "e"]
    assert notes == ["3 slices left out (1 boop, 1 cop, 2 lung cancer)."]


def test_a_slice_with_two_reasons_is_one_slice(rows: pd.DataFrame) -> None:
    remaining, (note,) = leave_out(rows, [])
    assert len(remaining) == 5
    assert note.startswith(
        "the paper would leave out 3 slices that are in this table (1 boop, 1 cop, 2 lung cancer);"
    )


def test_rows_without_reasons_stay_as_they_are(rows: pd.DataFrame) -> None:
    clean = rows.drop(columns="exclusion")
    assert leave_out(clean, ["paper"]) == (clean, [])
    remaining, notes = leave_out(rows.assign(exclusion=""), ["paper"])
    assert (len(remaining), notes) == (5, [])


def test_nothing_to_keep_and_an_unknown_reason_are_refused(rows: pd.DataFrame) -> None:
    with pytest.raises(UsageError, match=r"every slice is left out \(1 boop\); none remains\."):
        leave_out(rows[rows["exclusion"] == "boop"], ["boop"])
    with pytest.raises(
        UsageError, match="no slice is left out for 'cancer'; the reasons are covid"
    ):
        leave_out(rows, ["cancer"])
