"""Export: one file that predicts alone, and what can't be exported."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
import pytest
from untrained_runs import make_untrained

from hilum.engines import mean_probabilities, open_onnx
from hilum.errors import UsageError
from hilum.learn.predict import load_networks
from hilum.run import Run
from hilum.steps.export import CALIBRATION, _calibration, export
from hilum.table import SliceTable


@pytest.fixture(scope="module")
def run(table: SliceTable, tmp_path_factory: pytest.TempPathFactory) -> Run:
    return make_untrained(tmp_path_factory.mktemp("export") / "run", table, seed=1)


def test_the_file_alone_predicts_as_its_run(run: Run, tmp_path: Path) -> None:
    made = export(run, out=tmp_path / "net.onnx")
    assert made.bytes == made.float32_bytes == (tmp_path / "net.onnx").stat().st_size
    assert made.logit_difference < 1e-3 and made.validation is None
    grey = np.random.default_rng(0).integers(0, 256, (3, 64, 64), np.uint8)
    alone = mean_probabilities([open_onnx(tmp_path / "net.onnx")], {64: grey})
    by_torch = mean_probabilities(load_networks(run), {64: grey})
    assert np.abs(alone - by_torch).max() < 1e-4


def test_its_metadata_say_what_it_is(run: Run, tmp_path: Path) -> None:
    export(run.folder, out=tmp_path / "net.onnx")
    properties = onnx.load(tmp_path / "net.onnx").metadata_props
    content = {entry.key: entry.value for entry in properties}
    assert json.loads(content["class_names"]) == run.network()["class_names"]
    assert (content["size"], content["positive"], content["precision"]) == (
        "64", "cancer", "float32",
    )  # fmt: skip
    assert content["input"].startswith("grey: (slices, 1, 64, 64) float32, grey levels 0..255 of")
    assert content["notice"] == "research use only"


def test_wrong_calls_are_refused_and_nothing_is_replaced(run: Run, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"precision must be one of float32, int8; got 'int4'\."):
        export(run, out=tmp_path / "net.onnx", precision="int4")
    with pytest.raises(UsageError, match=r"an exported network is called FILE\.onnx; got .*\.pt"):
        export(run, out=tmp_path / "net.pt")
    (tmp_path / "net.onnx").write_text("mine")
    with pytest.raises(UsageError, match="exists already"):
        export(run, out=tmp_path / "net.onnx")
    assert (tmp_path / "net.onnx").read_text() == "mine"


def test_calibration_takes_training_slices_of_all_classes_by_the_seed(
    run: Run, table: SliceTable
) -> None:
    chosen = _calibration(table, run)
    assert set(chosen.rows["split"]) == {"train"}
    assert len(chosen) == min(CALIBRATION, int((table.rows["split"] == "train").sum()))
    rows = table.rows.loc[np.tile(table.rows.index, 8)].reset_index(drop=True)
    rows = rows.assign(slice_id=[f"s{n}" for n in rows.index], split="train")
    many = SliceTable(rows, table.folder)
    few = _calibration(many, run)
    assert few.rows["label"].value_counts().to_dict() == {"cancer": 64, "pneumonia": 64}
    assert _calibration(many, run).rows.equals(few.rows)
