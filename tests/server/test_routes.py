"""The addresses of slices and runs: what comes back, and what is refused by which problem."""

from __future__ import annotations

from pathlib import Path

import pytest
from made_dicom import png_file
from serving import Served

from hilum.server.answers import ModelAnswer, Prediction
from hilum.server.problems import KINDS
from hilum.steps.predict import PredictOptions, predict

MIB = 2**20


def test_a_picture_gets_what_predict_gives(
    served: Served, runs: list[Path], tmp_path: Path
) -> None:
    (tmp_path / "slice.png").write_bytes(png_file())
    answer = served.predict(png_file(), name="secret-name.png")
    assert answer.status == 200
    content = Prediction.model_validate_json(answer.body)
    (expected,) = predict(runs[0], tmp_path / "slice.png", options=PredictOptions(engine="onnx"))
    (found,) = content.slices
    assert found.predicted == expected.predicted
    assert found.probabilities == pytest.approx(expected.probabilities, abs=1e-6)
    assert found.calibrated == pytest.approx(expected.calibrated, abs=1e-6)
    assert (content.model, content.verdict.level) == ("run-1", "confounded")
    assert content.notice == "research use only"
    assert found.pixels is None and found.map is None


def test_an_operating_point_decides(served: Served) -> None:
    probability = Prediction.model_validate_json(served.predict(png_file()).body)
    positive = probability.slices[0].probabilities["cancer"]
    for threshold, called in ((positive * 0.9, "cancer"), ((positive + 1) / 2, "pneumonia")):
        content = served.predict(png_file(), threshold=repr(threshold)).json
        assert content["slices"][0]["predicted"] == called
    named = served.predict(png_file(), threshold="youden").json
    assert (named["threshold"], named["operating_point"]) == (0.4, "youden")


def test_models_say_what_they_are_and_what_they_are_worth(served: Served) -> None:
    first, second = [ModelAnswer(**one) for one in served.ask("/models").json]
    assert (first.id, second.id) == ("run-1", "run-2")
    assert first.verdict.sentence == "Confounded: class and source are one."
    assert first.thresholds == {"youden": 0.4, "sensitivity-0.95": 0.2}
    assert first.engine == "onnx" and "gradcam" in first.maps and not first.report
    assert served.ask("/models/run-2").json["id"] == "run-2"
    assert served.ask("/models/run-3").kind == "not-found"
    assert served.ask("/models/run-1/report").kind == "not-found"


def test_health_says_that_it_answers(served: Served) -> None:
    content = served.ask("/health").json
    assert content["status"] == "ok" and content["workers"] == 2


def test_wrong_options_are_named(served: Served) -> None:
    for query, words in (
        ({"window": "wide"}, "window must be"),
        ({"threshold": "2"}, "hreshold must be"),
        ({"method": "guess"}, "'gradcam', 'hirescam'"),
        ({"method": "gradcam", "layer": "no.such.layer"}, "no.such.layer"),
        ({"colour": "red"}, "colour"),
        ({"pixels": "perhaps"}, "pixels"),
    ):
        refused = served.predict(png_file(), **query)
        assert refused.status == 422, query
        assert words in refused.json["detail"], refused.json
    assert served.predict(png_file(), model="run-9").kind == "not-found"


def test_addresses_and_methods_that_are_none_are_refused(served: Served) -> None:
    wrong = served.ask("/predict")
    assert wrong.kind == "wrong-method" and wrong.headers["allow"] == "POST"
    assert served.ask("/jobs/x", method="PUT").headers["allow"] == "DELETE, GET"
    assert served.ask("/no-such-page").kind == "not-found"


def test_every_kind_of_problem_has_an_address_that_explains_it(served: Served) -> None:
    for name, kind in KINDS.items():
        answer = served.ask(f"/problems/{name}")
        assert kind.remedy in answer.body.decode()
    assert served.ask("/problems/hunger").kind == "not-found"
