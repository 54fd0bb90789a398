"""`hilum networks`: the table of the nine, and what each recipe freezes and trains."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

Call = Callable[..., Any]

ROW = {
    "recipe": "paper/vgg16", "backbone": "vgg16", "size": 224, "train_from": "features.24",
    "also_train": [], "layers": 13, "trained_layers": 3, "parameters": 14_714_688,
    "trained_parameters": 7_079_424, "macs": 15_346_630_656, "trained_macs": 1_387_266_048,
    "total": 14_715_714,
}  # fmt: skip
"""As `describe_cuts` yields it; counting builds the network and takes a second each."""


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> None:
    def rows() -> Iterator[dict[str, Any]]:
        yield ROW
        yield {**ROW, "recipe": "inceptionv3", "also_train": ["AuxLogits", "Mixed_7c"]}

    monkeypatch.setattr("hilum.steps.networks.describe_cuts", rows)


def test_the_nine_are_listed_with_the_papers_results(hilum: Call) -> None:
    lines = hilum("networks").out.splitlines()
    assert lines[0].split() == [
        "network",
        "timm",
        "input",
        "parameters",
        "paper's",
        "AUC,",
        "accuracy",
    ]
    assert len(lines) == 11
    assert "vgg16" in lines[7] and "14.7 M" in lines[7]
    assert lines[-1] == "Any other network of timm can be the backbone of a recipe too."
    assert len(json.loads(hilum("networks", "--json").out)) == 9


def test_cuts_are_shares_of_layers_parameters_and_operations(hilum: Call, counted: None) -> None:
    lines = hilum("networks", "--cuts").out.splitlines()
    assert lines[1].split() == [
        "paper/vgg16", "224", "3", "of", "13", "7.08", "M", "of", "14.71", "M", "1.39", "G", "of",
        "15.35", "G", "features.24",
    ]  # fmt: skip
    assert lines[2].endswith("features.24 (and 2 branches)")
    assert lines[-1].startswith("Trained, of all; the backbone without its head")
    assert json.loads(hilum("networks", "--cuts", "--json").out)[0] == ROW
