"""Figures of a comparison: line styles, short names, the corner of the ROC curves."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from made_runs import Made, made_run, made_table

import hilum
from hilum.report.compare.figures import line_styles, short_names
from hilum.report.compare.page import comparison_drawings


@pytest.fixture(scope="session")
def compared(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A comparison of two networks, the second from random weights, with hostile names."""
    folder, table = tmp_path_factory.mktemp("compared"), made_table()
    made = [
        Made(title="<b>Net</b> $x_1$ | 1", noise=0.5, seed=1, epochs=3),
        Made(title="VGG19", backbone="vgg19", noise=2.0, seed=2, pretrained=False),
    ]
    for number, one in enumerate(made):
        made_run(folder / str(number), table, one)
    return hilum.compare([folder / "0", folder / "1"], out=folder / "out")


@pytest.fixture
def content(compared: dict[str, Any]) -> dict[str, Any]:
    """The same, to be changed."""
    return copy.deepcopy(compared)


def test_the_corner_is_drawn_larger_where_the_curves_are_in_it(content: dict[str, Any]) -> None:
    for area, there in ((0.95, True), (0.85, False)):
        for run in content["runs"]:
            run["per_slice"]["figures"]["auc"]["value"] = area
        assert ("roc_corner" in comparison_drawings(content)) is there


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
