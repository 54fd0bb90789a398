"""`hilum export`: one file that predicts as the run does, and is refused where it would not."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pandas as pd
import pytest

from hilum.engines import open_onnx
from hilum.steps.export import Exported

Call = Callable[..., Any]


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_the_file_predicts_as_the_run_does_and_says_what_it_is(
    tiny_run: Path, phantoms: Path, tmp_path: Path, hilum: Call
) -> None:
    file, slices = tmp_path / "small.onnx", phantoms / "phantom" / "images"
    done = hilum("export", tiny_run, "--format", "onnx", "--out", file)
    assert done.code == 0, done.err
    assert done.out.startswith(f"{file}: float32, ")
    assert "research use only" in done.out
    assert "Largest difference to torch's logits: " in done.out
    expected = rows_of(hilum("predict", tiny_run, slices, "--engine", "torch").out)
    output = rows_of(hilum("predict", file, slices).out)
    assert [row["path"] for row in output] == [row["path"] for row in expected]
    for column in ("probability_cancer", "probability_pneumonia"):
        assert [float(row[column]) for row in output] == pytest.approx(
            [float(row[column]) for row in expected], abs=1e-5
        )
    named = hilum("predict", file, slices, "--threshold", "sensitivity-0.95", "--out",
                  tmp_path / "p.csv")  # fmt: skip
    assert named.code == 0, named.err
    assert "(sensitivity-0.95)" in named.err
    hilum("predict", file, slices, "--engine", "torch").refused(
        2, "can only be computed by the engine onnx"
    )


def test_its_metadata_hold_all_that_predicting_needs(
    tiny_run: Path, tmp_path: Path, hilum: Call
) -> None:
    assert hilum("export", tiny_run, "--out", tmp_path / "small.onnx").code == 0
    model = onnx.load(tmp_path / "small.onnx", load_external_data=False)
    onnx.checker.check_model(model)
    content = {entry.key: entry.value for entry in model.metadata_props}
    network = json.loads((tiny_run / "network.json").read_text())
    assert json.loads(content["hilum.network"]) == network
    assert json.loads(content["class_names"]) == ["cancer", "pneumonia"]
    assert (content["notice"], content["positive"], content["size"]) == (
        "research use only", "cancer", "64",
    )  # fmt: skip
    assert content["input"].startswith("grey: (slices, 1, 64, 64) float32, grey levels 0..255")
    assert (content["precision"], content["hilum"]) == ("float32", "0.1.0")
    assert all(tensor.data_location == 0 for tensor in model.graph.initializer)


def test_int8_is_smaller_and_measured_next_to_float32(
    tiny_run: Path, phantoms: Path, tmp_path: Path, hilum: Call
) -> None:
    full, small = tmp_path / "whole.onnx", tmp_path / "small.onnx"
    assert hilum("export", tiny_run, "--out", full).code == 0
    done = hilum("export", tiny_run, "--out", small, "--precision", "int8", "--json")
    assert done.code == 0, done.err
    content = json.loads(done.out)
    assert content["bytes"] == small.stat().st_size < full.stat().st_size / 3
    assert content["float32_bytes"] == pytest.approx(full.stat().st_size, rel=1e-3)
    table = pd.read_csv(tiny_run / "slices.csv")
    seen = content["validation"]
    assert seen["slices"] == (table["split"] == "validation").sum()
    assert 2 <= seen["calibrated_on"] <= 128
    auc = pd.read_csv(tiny_run / "predictions.csv").query("split == 'validation'")
    metrics = json.loads((tiny_run / "metrics.json").read_text())
    figure = metrics["splits"]["validation"]["per_slice"]["figures"]["auc"]
    assert seen["float32"]["auc"]["value"] == pytest.approx(figure["value"], abs=1e-6)
    assert seen["float32"]["auc"]["low"] == pytest.approx(figure["low"], abs=1e-6)
    assert len(auc) == seen["slices"]
    grey = np.random.default_rng(0).integers(0, 256, (3, 64, 64)).astype(np.uint8)
    eight, single = open_onnx(small).logits(grey), open_onnx(full).logits(grey)
    assert 0 < np.abs(eight - single).max() < 1
    operators = {node.op_type for node in onnx.load(small).graph.node}
    assert {"QuantizeLinear", "DequantizeLinear"} <= operators


def test_int8_prints_what_it_costs_and_gains(
    tmp_path: Path, hilum: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    area = {"value": 0.9, "low": 0.8, "high": 0.95}
    speeds = {"float32": 10.0, "int8": 18.5}
    seen = {name: {"auc": area, "slices_a_second": speed} for name, speed in speeds.items()}
    more = {"slices": 40, "probability_difference": 0.0312, "calibrated_on": 64}
    file = tmp_path / "small.onnx"
    made = Exported(
        file=file, precision="int8", bytes=2_500_000, float32_bytes=9_000_000,
        logit_difference=3e-2, validation={**seen, **more},
    )  # fmt: skip
    monkeypatch.setattr("hilum.steps.export.export", lambda run, **options: made)
    lines = hilum("export", tmp_path, "--out", file, "--precision", "int8").out.splitlines()
    assert lines[0] == f"{file}: int8, 2.5 MB; research use only."
    assert lines[1] == "Largest difference to torch's logits: 3.0e-02 (float32, 9.0 MB)."
    assert lines[3].split() == ["int8", "validation", "AUC", "0.900", "[0.800,", "0.950],", "18.5",
                                "slices", "a", "second"]  # fmt: skip
    assert "on 40 validation slices: 0.031; calibrated on 64 training slices" in lines[4]


def test_int8_is_refused_where_the_auc_suffers_and_nothing_is_left(
    tiny_run: Path, tmp_path: Path, hilum: Call, untouched: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    from hilum.steps import export

    area = {"float32": (0.9, 0.8, 0.95), "int8": (0.7, 0.6, 0.8)}
    requested = iter(area)

    def measured(*_: object) -> Any:
        value, low, high = area[next(requested)]
        return np.zeros((1, 2)), {"value": value, "low": low, "high": high}, 1.0

    monkeypatch.setattr(export, "_measure", measured)
    with untouched(tmp_path):
        done = hilum("export", tiny_run, "--out", tmp_path / "x.onnx", "--precision", "int8")
    done.refused(
        1, "in 8 bits the validation AUC falls from 0.900 to 0.700", "(0.800 to 0.950)",
        "export float32",
    )  # fmt: skip


def test_int8_needs_validation_slices_of_both_kinds(
    run_copy: Path, tmp_path: Path, hilum: Call
) -> None:
    table = pd.read_csv(run_copy / "slices.csv", dtype=str, keep_default_na=False)
    alone = (table["split"] == "validation") & (table["label"] != "cancer")
    table.loc[alone, "split"] = ""
    table.to_csv(run_copy / "slices.csv", index=False)
    done = hilum("export", run_copy, "--out", tmp_path / "x.onnx", "--precision", "int8")
    done.refused(1, "which lack a class", "export float32")
    assert not (tmp_path / "x.onnx").exists()


def test_wrong_calls_are_refused(tiny_run: Path, tmp_path: Path, hilum: Call) -> None:
    hilum("export", tiny_run, "--out", tmp_path / "x.bin").refused(2, "called FILE.onnx")
    (tmp_path / "x.onnx").write_text("mine")
    hilum("export", tiny_run, "--out", tmp_path / "x.onnx").refused(2, "exists already")
    assert hilum("export", tiny_run, "--out", tmp_path / "y.onnx", "--precision", "int4").code == 2
    done = hilum("predict", tmp_path / "x.onnx", tiny_run)
    done.refused(1, "can't be read by onnxruntime")


def test_the_network_of_a_run_stands_for_its_run(
    tiny_run: Path, phantoms: Path, hilum: Call
) -> None:
    image = sorted((phantoms / "phantom" / "images").iterdir())[0]
    assert hilum("predict", tiny_run / "network.onnx", image).out == (
        hilum("predict", tiny_run, image).out
    )
