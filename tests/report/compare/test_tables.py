"""Tables of a comparison: small differences, counts and kinds in words."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from made_runs import Made, made_run, made_table

import hilum
from hilum.report.compare.page import render_comparison
from hilum.report.compare.tables import (
    kind_in_words,
    millions,
)


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


def test_a_difference_of_nothing_and_a_small_one_are_written_apart(
    content: dict[str, Any],
) -> None:
    pair = content["sets"][0]["pairs"]["per_slice"]["auc"][0]
    for value, text in ((0.0, ">0<"), (0.0001, ">+0.0001<"), (-0.012, ">−0.012<")):
        pair["value"] = value
        assert text in render_comparison(content)


def test_counts_and_kinds_in_words() -> None:
    assert [millions(n) for n in (2_592_578, 55_132_898, 12_345, None)] == [
        "2.6 M",
        "55.1 M",
        "12.3 k",
        "–",
    ]
    runs = [{"kind": kind, "members": 5} for kind in ("network", "ensemble", "cross-validation")]
    assert [kind_in_words(run) for run in runs] == ["network", "ensemble of 5", "5-fold"]
