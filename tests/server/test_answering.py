"""What a worker answers for a slice: the library's own numbers, pixels and maps."""

from __future__ import annotations

import base64
from pathlib import Path

import numpy as np
import pytest
from made_dicom import chest_hu, ct_file, png_file
from serving import Served

from hilum.server import Limits
from hilum.server.answers import Prediction

MIB = 2**20


def test_a_dicom_slice_comes_back_in_hounsfield_units(served: Served) -> None:
    answer = served.predict(ct_file(), pixels="true", window="mediastinal", model="run-2")
    (found,) = Prediction.model_validate_json(answer.body).slices
    assert found.window == "350/40"
    assert found.pixels is not None and found.pixels.unit == "HU"
    assert found.pixels.spacing == (0.7, 0.7)
    values = np.frombuffer(base64.b64decode(found.pixels.data), "<i2")
    shape = (found.pixels.rows, found.pixels.columns)
    assert np.array_equal(values.reshape(shape), chest_hu())


def test_a_map_lies_on_the_slice_of_the_library(
    served: Served, runs: list[Path], tmp_path: Path
) -> None:
    from hilum.readers import read_slice
    from hilum.steps.explain.one_slice import SliceExplainer

    (tmp_path / "slice.png").write_bytes(png_file())
    answer = served.predict(png_file(), method="hirescam", target="pneumonia")
    found = Prediction.model_validate_json(answer.body).slices[0].map
    made = SliceExplainer(runs[0], method="hirescam").explain(
        read_slice(tmp_path / "slice.png").grey, "pneumonia"
    )
    assert found is not None and (found.method, found.target) == ("HiResCAM", "pneumonia")
    assert (found.rows, found.columns) == made.cam_map.shape
    assert found.largest == pytest.approx(made.largest, rel=1e-3)
    shown = np.frombuffer(base64.b64decode(found.data), np.uint8).reshape(made.cam_map.shape)
    expected = np.clip(made.cam_map / made.top, 0, 1) * 255
    assert np.abs(shown - expected).max() <= 1


def test_frames_are_slices_of_their_own_up_to_the_limit(served: Served) -> None:
    frames = np.stack([chest_hu(), chest_hu()[::-1]])
    answer = served.predict(ct_file(frames))
    assert [one["frame"] for one in answer.json["slices"]] == [0, 1]
    many = np.zeros((Limits().frames + 1, 8, 8), np.int16)
    refused = served.predict(ct_file(many))
    assert refused.kind == "not-a-slice" and "65 frames" in refused.json["detail"]
