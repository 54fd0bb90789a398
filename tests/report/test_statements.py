"""What the figures mean, in sentences."""

from __future__ import annotations

import pytest

from hilum.report.statements import against_border, verdict

NETWORK = {"value": 0.91, "low": 0.85, "high": 0.95}


def probe(low: float | None, high: float | None) -> dict[str, float | None]:
    return {"value": low, "low": low, "high": high}


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
    ("low", "high", "level", "weight", "words"),
    [
        (0.80, 0.86, "crossed", "strong", "intervals overlap: this AUC is no evidence"),
        (0.80, 0.85, "crossed", "strong", "intervals overlap: this AUC is no evidence"),
        (0.96, 0.99, "crossed", "strong", "lies above the network's: this AUC is no evidence"),
        (0.44, 0.62, "crossed", "quiet", "The border itself is not told from chance."),
        (0.55, 0.62, "crossed", "medium", "better than chance too"),
        (0.44, 0.62, "confounded", "medium", "may still be the source, not the disease"),
        (0.44, 0.62, "partly", "medium", "may still be the source, not the disease"),
        (None, None, "crossed", "medium", "not defined here"),
    ],
)
def test_the_network_is_read_against_the_border(
    low: float | None, high: float | None, level: str, weight: str, words: str
) -> None:
    found = against_border(NETWORK, probe(low, high), level=level, leaks=False)
    assert found.weight == weight
    assert words in found.sentence


def test_a_leak_takes_the_worth_of_a_gap() -> None:
    found = against_border(NETWORK, probe(0.44, 0.62), level="crossed", leaks=True)
    assert found.weight == "medium"
    assert "the test set leaks, so that may be memory" in found.sentence


def test_a_run_without_probe_says_so() -> None:
    found = against_border(NETWORK, None, level="crossed", leaks=False)
    assert "has no border probe" in found.sentence
