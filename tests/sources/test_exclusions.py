"""What a caption's words say of leaving a slice out."""

from __future__ import annotations

import pytest

from hilum.sources.exclusions import exclusions_of


@pytest.mark.parametrize(
    ("text", "reasons"),
    [
        ("CT of a man with COVID-19 pneumonia.", ["covid-19"]),
        ("Proven SARS-CoV-2 infection in a woman", ["covid-19"]),
        ("SARS coronavirus of 2003", []),
        ("classified as cryptogenic organizing pneumonia", ["cop"]),
        ("cryptogenic organising pneumonia (COP)", ["cop"]),
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
