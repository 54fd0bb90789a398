"""What the steps need to know of a run's network."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hilum.errors import RunError, TableError
from hilum.run import Run
from hilum.steps.facts import NetworkFacts, check_labels, network_facts

WHOLE = {"class_names": ["a", "b"], "positive": "b", "input": {"size": 64, "mean": [0.5] * 3}}


def test_the_facts_are_read(tmp_path: Path) -> None:
    (tmp_path / "network.json").write_text(json.dumps(WHOLE))
    assert network_facts(Run(tmp_path)) == NetworkFacts(["a", "b"], "b", 64)


@pytest.mark.parametrize(
    "change",
    [{"class_names": 3}, {"input": {}}, {"input": 64}, {"input": {"size": "large"}}],
)
def test_a_network_json_with_something_else_is_refused(
    change: dict[str, Any], tmp_path: Path
) -> None:
    (tmp_path / "network.json").write_text(json.dumps(WHOLE | change))
    with pytest.raises(RunError, match=r"network\.json does not say class_names, positive and inp"):
        network_facts(Run(tmp_path))


def test_a_slice_of_an_unknown_class_is_named(make_table: Callable[..., Any]) -> None:
    table = make_table(3, label=["cancer", "scar", "cancer"])
    check_labels(table, ["cancer", "scar"])
    with pytest.raises(
        TableError, match=r"row 3, column label: .*\(cancer, pneumonia\); got 'scar"
    ):
        check_labels(table, ["cancer", "pneumonia"])
