"""Figures of a comparison: line styles, short names, the corner of the ROC curves."""

from __future__ import annotations

from hilum.report.compare.figures import line_styles, short_names


def test_every_network_looks_different_and_long_names_keep_their_end() -> None:
    assert len(set(map(str, line_styles(27)))) == 27
    name = "Ensemble of 9: " + "MobileNetV2, " * 9 + "random weights"
    short, other = short_names([{"name": name}, {"name": "short"}])
    assert (len(short), other) == (44, "short")
    assert short.endswith("random weights")


def test_names_that_would_be_alike_when_short_are_numbered() -> None:
    runs = [{"name": "x" * 40 + end + "y" * 40} for end in "ab"]
    assert [name[:3] for name in short_names(runs)] == ["1 x", "2 x"]
    assert all(len(name) == 44 for name in short_names(runs))
