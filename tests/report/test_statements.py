"""What the figures mean, in sentences."""

from __future__ import annotations

import pytest

from hilum.report.statements import against_border, finds_lesions, rests_on_lesions, verdict

Ends = tuple[float | None, float | None]


def figure(ends: Ends) -> dict[str, float | None]:
    low, high = ends
    middle = None if low is None or high is None else (low + high) / 2
    return {"value": middle, "low": low, "high": high}


@pytest.mark.parametrize(
    ("level", "weight", "word"),
    [
        ("confounded", "strong", "Confounded"),
        ("partly", "medium", "Partly"),
        ("single", "quiet", "One source"),
        ("crossed", "quiet", "Crossed"),
        ("unheard-of", "strong", "unheard-of"),
    ],
)
def test_the_verdict_weighs_as_much_as_its_level(level: str, weight: str, word: str) -> None:
    found = verdict({"level": level, "sentence": "A sentence."})
    assert found.weight == weight
    assert word in found.title
    assert found.sentence == "A sentence."


@pytest.mark.parametrize(
    ("border", "lead", "level", "weight", "words"),
    [
        ((0.80, 0.86), (-0.02, 0.11), "crossed", "strong", "+0.045 (from −0.020 to +0.110), so"),
        ((0.80, 0.85), (0.0, 0.11), "crossed", "strong", "this AUC is no evidence"),
        ((0.96, 0.99), (-0.1, -0.02), "crossed", "strong", "lies below the border probe's"),
        (
            (0.44, 0.62),
            (0.2, 0.5),
            "crossed",
            "quiet",
            "The border itself is not significantly better than chance",
        ),
        ((0.55, 0.62), (0.2, 0.5), "crossed", "medium", "the border may separate the classes too"),
        ((0.44, 0.62), (0.2, 0.5), "confounded", "medium", "may still be the source"),
        ((0.44, 0.62), (0.2, 0.5), "partly", "medium", "may still be the source"),
        ((None, None), (None, None), "crossed", "medium", "not defined here"),
    ],
)
def test_the_network_is_read_against_the_border(
    border: Ends, lead: Ends, level: str, weight: str, words: str
) -> None:
    found = against_border(figure(border), figure(lead), level=level, leaks=False)
    assert found.weight == weight
    assert words in found.sentence


def test_a_leak_takes_the_worth_of_a_gap() -> None:
    found = against_border(figure((0.4, 0.6)), figure((0.2, 0.5)), level="crossed", leaks=True)
    assert found.weight == "medium"
    assert "the test set leaks, so that may be memory" in found.sentence


def test_a_run_without_probe_says_so() -> None:
    found = against_border(None, None, level="crossed", leaks=False)
    assert "has no border probe" in found.sentence


@pytest.mark.parametrize(
    ("level", "title", "weight"),
    [
        ("above", "They do", "quiet"),
        ("not_above", "Not shown", "medium"),
        ("below", "They miss them", "strong"),
        ("new", "Localisation: new", "strong"),
    ],
)
def test_whether_maps_find_lesions_is_said_by_its_level(
    level: str, title: str, weight: str
) -> None:
    content = finds_lesions({"level": level, "sentence": "So it is."})
    assert content == (title, "So it is.", weight)


@pytest.mark.parametrize(
    ("level", "title", "weight"),
    [
        ("falls", "It does", "quiet"),
        ("partly", "Partly", "medium"),
        ("unclear", "Not shown", "medium"),
        ("stays", "It does not", "strong"),
        ("new", "Covered lesions: new", "strong"),
    ],
)
def test_whether_an_auc_rests_on_lesions_is_said_by_its_level(
    level: str, title: str, weight: str
) -> None:
    content = rests_on_lesions({"level": level, "sentence": "So it is."})
    assert content == (title, "So it is.", weight)
