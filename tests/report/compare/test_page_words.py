"""What a comparison says of other results than those at hand."""

from __future__ import annotations

from typing import Any

import pytest

from hilum.report.compare.page import render_comparison
from hilum.report.compare.tables import table_markdown

pytestmark = pytest.mark.usefixtures("blank_drawings")


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (0, "Every network is significantly better than that"),
        (1, "Not significantly better"),
        (2, "None of the 2 networks is significantly better"),
    ],
)
def test_what_the_border_means_is_said(content: dict[str, Any], names: int, words: str) -> None:
    runs = [run["name"] for run in content["runs"]]
    content["sets"][0]["not_above_border"] = runs[:names]
    assert words in render_comparison(content)


def test_a_leak_is_said_loudly(content: dict[str, Any]) -> None:
    sentence = "3 groups are in several splits."
    content["sets"][0]["leak"] = {"groups": 3, "share_of_test_slices": 0.5, "sentence": sentence}
    assert "The test set leaks: these metrics are too good" in render_comparison(content)
    assert f"**The splits leak.** {sentence}" in table_markdown(content)


def test_what_is_best_beyond_chance_is_marked_and_only_that(content: dict[str, Any]) -> None:
    assert '<td class="best">' not in render_comparison(content)
    content["best"]["per_slice"]["auc"] = content["runs"][0]["name"]
    assert render_comparison(content).count('<td class="best">') == 1


def test_a_difference_of_nothing_and_a_small_one_are_written_apart(
    content: dict[str, Any],
) -> None:
    pair = content["sets"][0]["pairs"]["per_slice"]["auc"][0]
    for value, text in ((0.0, ">0<"), (0.0001, ">+0.0001<"), (-0.012, ">−0.012<")):
        pair["value"] = value
        assert text in render_comparison(content)
