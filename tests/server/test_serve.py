"""A server as a user starts it: slices in, answers out, a clear sentence for everything else."""

from __future__ import annotations

import base64
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from made_dicom import chest_hu, ct_file, png_file
from serving import Served, form, served_runs, serving

from hilum.errors import RunError, UsageError
from hilum.server import Limits, ServeOptions, serve
from hilum.server.answers import ModelAnswer, Prediction
from hilum.server.problems import KINDS
from hilum.steps.predict import PredictOptions, predict

MIB = 2**20


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return served_runs(tmp_path_factory.mktemp("runs"))


@pytest.fixture(scope="module")
def served(runs: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server of both runs, which must still answer after all that is done to it."""
    uploads = tmp_path_factory.mktemp("uploads")
    with serving(*runs, "--memory", "512", uploads=uploads) as server:
        yield server
        assert server.predict(png_file()).status == 200
        assert server.left_on_disk() == []
        log = (uploads.parent / f"{uploads.name}.log").read_text()
        assert "POST /predict 200" in log
        assert "PATIENT" not in log and "secret-name" not in log


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


def test_a_dicom_slice_comes_back_in_hounsfield_units(served: Served) -> None:
    answer = served.predict(ct_file(), pixels="true", window="mediastinal", model="run-2")
    (found,) = Prediction.model_validate_json(answer.body).slices
    assert found.window == "350/40"
    assert found.pixels is not None and found.pixels.unit == "HU"
    assert found.pixels.spacing == (0.7, 0.7)
    values = np.frombuffer(base64.b64decode(found.pixels.data), "<i2")
    shape = (found.pixels.rows, found.pixels.columns)
    assert np.array_equal(values.reshape(shape), chest_hu())


def test_an_operating_point_decides(served: Served) -> None:
    probability = Prediction.model_validate_json(served.predict(png_file()).body)
    positive = probability.slices[0].probabilities["cancer"]
    for threshold, called in ((positive * 0.9, "cancer"), ((positive + 1) / 2, "pneumonia")):
        content = served.predict(png_file(), threshold=repr(threshold)).json
        assert content["slices"][0]["predicted"] == called
    named = served.predict(png_file(), threshold="youden").json
    assert (named["threshold"], named["operating_point"]) == (0.4, "youden")


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


def test_models_say_what_they_are_and_what_they_are_worth(served: Served) -> None:
    first, second = [ModelAnswer(**one) for one in served.ask("/models").json]
    assert (first.id, second.id) == ("run-1", "run-2")
    assert first.verdict.sentence == "Confounded: class and source are one."
    assert first.thresholds == {"youden": 0.4, "sensitivity-0.95": 0.2}
    assert first.engine == "onnx" and "gradcam" in first.maps and not first.report
    assert served.ask("/models/run-2").json["id"] == "run-2"
    assert served.ask("/models/run-3").kind == "not-found"
    assert served.ask("/models/run-1/report").kind == "not-found"


def test_frames_are_slices_of_their_own_up_to_the_limit(served: Served) -> None:
    frames = np.stack([chest_hu(), chest_hu()[::-1]])
    answer = served.predict(ct_file(frames))
    assert [one["frame"] for one in answer.json["slices"]] == [0, 1]
    many = np.zeros((Limits().frames + 1, 8, 8), np.int16)
    refused = served.predict(ct_file(many))
    assert refused.kind == "not-a-slice" and "65 frames" in refused.json["detail"]


def test_health_says_that_it_answers(served: Served) -> None:
    content = served.ask("/health").json
    assert content["status"] == "ok" and content["workers"] == 2


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"no slice, but text\n" * 9, "named|content is text"),
        (png_file()[:200], "cut short"),
        (ct_file()[:-3000], "cut short"),
        (b"\0" * 128 + b"DICM" + b"\xff" * 500, "Dicom|DICOM|broken|begins"),
    ],
)
def test_what_is_no_slice_is_refused_in_one_sentence(
    served: Served, content: bytes, words: str
) -> None:
    refused = served.predict(content, name="secret-name.dcm")
    assert refused.kind == "not-a-slice"
    detail = refused.json["detail"]
    assert re.search(words, detail) and str(served.uploads) not in detail and "/" not in detail


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


def test_a_body_that_is_no_form_is_refused(served: Served) -> None:
    headers, body = form([("picture", "a.png", png_file())])
    assert served.ask("/predict", method="POST", body=body, headers=headers).kind == "bad-request"
    headers, body = form([("file", "a.png", png_file()), ("file", "b.png", png_file())])
    assert served.ask("/predict", method="POST", body=body, headers=headers).status == 400
    plain = served.ask("/predict", method="POST", body=b"{}", headers={"Content-Type": "text/json"})
    assert plain.kind == "bad-request"
    broken = served.ask(
        "/predict", method="POST", body=b"--x\r\nnonsense",
        headers={"Content-Type": "multipart/form-data; boundary=x"},
    )  # fmt: skip
    assert broken.status == 400
    assert served.ask("/predict").kind == "wrong-method"
    assert served.ask("/no-such-page").kind == "not-found"


def test_every_kind_of_problem_has_an_address_that_explains_it(served: Served) -> None:
    for name, kind in KINDS.items():
        answer = served.ask(f"/problems/{name}")
        assert kind.remedy in answer.body.decode()
    assert served.ask("/problems/hunger").kind == "not-found"


def test_a_worker_that_is_killed_is_replaced(served: Served) -> None:
    children = subprocess.run(
        ["pgrep", "-P", str(served.process.pid), "-f", "hilum.server.worker"],
        capture_output=True, text=True, check=True,
    ).stdout.split()  # fmt: skip
    assert len(children) == 2
    for child in children:
        subprocess.run(["kill", "-9", child], check=True)
    answers = [served.predict(png_file()) for _ in range(3)]
    assert answers[-1].status == 200  # the first two may tell that their worker ended


def test_a_client_that_goes_away_leaves_nothing(served: Served) -> None:
    headers, body = form([("file", "a.png", png_file() * 200)])
    head = "POST /predict HTTP/1.1\r\nHost: localhost\r\n" + "".join(
        f"{name}: {value}\r\n"
        for name, value in {**headers, "Content-Length": str(len(body))}.items()
    )
    for sent in (body[:1000], body[: MIB // 2], body):
        with socket.create_connection(("127.0.0.1", served.port)) as connection:
            connection.sendall(head.encode() + b"\r\n" + sent)
    until = time.monotonic() + 30
    while served.left_on_disk() and time.monotonic() < until:
        time.sleep(0.05)
    assert served.left_on_disk() == []


def test_many_clients_get_their_own_answers_or_hear_when_to_come_again(served: Served) -> None:
    pictures = [png_file(np.full((64, 64), 8 * n, np.uint8)) for n in range(30)]
    alone = [served.predict(picture).json["slices"] for picture in pictures]
    together: dict[int, object] = {}
    refused: list[int] = []

    def ask(number: int) -> None:
        while number not in together:
            answer = served.predict(pictures[number])
            if answer.status == 200:
                together[number] = answer.json["slices"]
            else:
                assert answer.kind == "busy"
                refused.append(int(answer.headers["retry-after"]))
                time.sleep(0.05)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [together[number] for number in range(30)] == alone
    assert all(seconds >= 1 for seconds in refused)


def test_a_token_is_needed_where_others_can_reach_it(
    runs: list[Path], tmp_path_factory: pytest.TempPathFactory
) -> None:
    uploads = tmp_path_factory.mktemp("uploads")
    with serving(runs[0], "--host", "0.0.0.0", "--workers", "1", uploads=uploads) as server:
        assert len(server.token) >= 40
        assert server.predict(png_file()).kind == "no-token"
        assert server.ask("/models").kind == "no-token"
        wrong = {"Authorization": "Bearer " + "x" * 43}
        assert server.ask("/models", headers=wrong).kind == "no-token"
        right = {"Authorization": f"Bearer {server.token}"}
        assert server.ask("/models", headers=right).status == 200
        for path in ("/", "/health", "/api", "/viewer/main.js", "/openapi.json"):
            assert server.ask(path).status == 200, path


def test_a_port_in_use_is_one_sentence(runs: list[Path], served: Served) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "hilum", "serve", str(runs[0]), "--port", str(served.port)],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 2 and done.stderr.count("\n") == 1
    assert f"port {served.port}: Address already in use" in done.stderr


def test_what_can_not_be_served_is_one_sentence(runs: list[Path], tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no run folder"):
        serve([tmp_path / "none"])
    unfinished = tmp_path / "unfinished"
    unfinished.mkdir()
    (unfinished / "recipe.toml").write_text("")
    with pytest.raises(RunError, match="was not finished"):
        serve([unfinished])
    with pytest.raises(UsageError, match="at least one run"):
        serve([])
    with pytest.raises(UsageError, match="an engine is one of"):
        serve(runs, options=ServeOptions(engine="steam"))
    with pytest.raises(UsageError, match="can't listen on no\\.such\\.name\\.invalid"):
        serve(runs, options=ServeOptions(host="no.such.name.invalid"))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"port": 70_000}, "port is a number"),
        ({"workers": 0}, "at least one worker"),
        ({"token": "short"}, "at least 16"),
    ],
)
def test_wrong_settings_are_refused(options: dict[str, object], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        ServeOptions(**options)  # type: ignore[arg-type]
