"""The page of a model card: a line for each sentence."""

from __future__ import annotations

from hilum.report.card.page import sentences


def test_each_sentence_has_a_line_of_its_own() -> None:
    text = "Research alone. 509 of 1,150 have boxes (Chu et al. 2024): AUC 1.000. iq-oth: none!"
    assert sentences(text) == [
        "Research alone.",
        "509 of 1,150 have boxes (Chu et al. 2024): AUC 1.000.",
        "iq-oth: none!",
    ]
    assert sentences("") == [""]
