"""The verdict on a run in one line."""

from __future__ import annotations

from typing import Any

import pytest

from hilum.run.verdict import NO_OBJECTION, judge_run


def metrics(design: str = "crossed", border: str = "chance", leaking: int = 0) -> dict[str, Any]:
    return {
        "design": {"level": design},
        "border_probe": {"level": border},
        "split": {"leak": {"groups": leaking}},
    }


def test_a_run_without_objections_says_so() -> None:
    verdict = judge_run(metrics())
    assert verdict.level == NO_OBJECTION
    assert verdict.line() == ("Verdict on the run: No check of the evaluation objects to this run.")


@pytest.mark.parametrize(
    ("content", "level"),
    [
        (metrics("confounded", "explains", 3), "confounded"),
        (metrics("partly", "explains", 3), "leaky"),
        (metrics("partly", "unclear"), "border"),
        (metrics("partly", "contributes"), "partly"),
        (metrics("single"), "single"),
        (metrics("crossed", "contributes"), "border"),
        ({**metrics("confounded"), "random_labels": {}}, "random labels"),
    ],
)
def test_the_worst_objection_is_the_level(content: dict[str, Any], level: str) -> None:
    verdict = judge_run(content)
    assert verdict.level == level
    assert verdict.sentence.startswith(f"{level.capitalize()}: ")


def test_every_objection_is_named_in_one_line() -> None:
    sentence = judge_run(metrics("confounded", "explains", 1)).sentence
    assert sentence == (
        "Confounded: class and source are one, so a call may mean the source, not disease; groups "
        "of the test slices were trained on; the border of the slices alone ranks as well as the "
        "network."
    )
