"""network.json: what is read of it, how often, and what is said where it lacks something."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from made_runs import made_run, made_table

from hilum.errors import RunError
from hilum.run import Run, open_run
from hilum.run.network import (
    Calibration,
    NetworkFacts,
    RunNetwork,
    input_scaling,
    network_facts,
    read_network,
)
from hilum.steps.evaluate import evaluate

WHOLE = {
    "kind": "network",
    "title": "Net",
    "class_names": ["a", "b"],
    "positive": "b",
    "input": {"size": 64, "mean": [0.5, 0.4, 0.3], "std": [1, 1, 1]},
    "windows": ["1400/-700"],
    "parameters": {"total": 10, "trained": 3},
    "cam_layer": "layer4",
    "thresholds": {"youden": 0.25, "broken": 7},
    "calibration": {"fitted": True, "temperature": 1.5, "note": ""},
    "of_later": 1,
}


def written(folder: Path, **changes: Any) -> Run:
    (folder / "network.json").write_text(json.dumps(WHOLE | changes))
    return Run(folder)


def test_the_file_is_typed(tmp_path: Path) -> None:
    assert written(tmp_path).description == RunNetwork(
        kind="network",
        title="Net",
        class_names=("a", "b"),
        positive="b",
        size=64,
        mean=(0.5, 0.4, 0.3),
        std=(1, 1, 1),
        windows=("1400/-700",),
        thresholds={"youden": 0.25, "broken": None},
        calibration=Calibration(fitted=True, temperature=1.5, note=""),
        parameters={"total": 10, "trained": 3},
        cam_layer="layer4",
        content=WHOLE,
    )
    assert written(tmp_path).network() == WHOLE


def test_what_lacks_is_empty(tmp_path: Path) -> None:
    (tmp_path / "network.json").write_text("{}")
    assert Run(tmp_path).description == RunNetwork()
    assert Run(tmp_path).kind == "network"


def test_another_kind_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"kind is one of network, ensemble, cross-val.*got 'tree'"):
        _ = written(tmp_path, kind="tree").kind


def test_the_facts_are_read(tmp_path: Path) -> None:
    assert network_facts(written(tmp_path)) == NetworkFacts(["a", "b"], "b", 64)
    assert input_scaling(written(tmp_path)) == ((0.5, 0.4, 0.3), (1, 1, 1))


@pytest.mark.parametrize(
    "change",
    [{"class_names": 3}, {"input": {}}, {"input": 64}, {"input": {"size": "large"}}],
)
def test_a_network_json_with_something_else_is_refused(
    change: dict[str, Any], tmp_path: Path
) -> None:
    with pytest.raises(RunError, match=r"network\.json does not say class_names, positive and inp"):
        network_facts(written(tmp_path, **change))


def test_a_scaling_of_other_than_three_channels_is_refused(tmp_path: Path) -> None:
    run = written(tmp_path, input={"size": 64, "mean": [0.5] * 3, "std": [1]})
    with pytest.raises(RunError, match=r"network\.json lacks 'std'"):
        input_scaling(run)


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    run = written(tmp_path)
    assert run.description.title == "Net"
    written(tmp_path, title="Another")
    assert run.description.title == "Another"
    run.network()["title"] = "of the caller alone"
    assert run.description.title == "Another"


def test_opening_and_evaluating_read_the_file_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import numpy as np
    from PIL import Image

    table = made_table((6, 6), per_group=1, folder=tmp_path / "run")
    run = made_run(tmp_path / "run", table)
    for number, path in enumerate(table.paths()):
        Image.fromarray(np.full((32, 32), 10 * number, np.uint8)).save(path)
    read: list[Path] = []
    original = Path.read_text

    def counted(path: Path, *given: Any, **named: Any) -> str:
        read.append(path)
        return original(path, *given, **named)

    read_network.__globals__["_read"].cache_clear()
    monkeypatch.setattr(Path, "read_text", counted)
    evaluate(open_run(run.folder), keep_predictions=True)
    assert [path.name for path in read].count("network.json") == 1
