"""`hilum predict`: what is no slice is refused by name, and the rest go on."""

from __future__ import annotations

import csv
import io
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Call = Callable[..., Any]


def test_a_missing_path_is_wrong_usage_and_nothing_is_predicted(
    tiny_run: Path, phantoms: Path, tmp_path: Path, hilum: Call, untouched: Call
) -> None:
    with untouched(tmp_path):
        done = hilum(
            "predict", tiny_run, phantoms / "phantom", tmp_path / "no", "--out", tmp_path / "p.csv"
        )
    done.refused(2, "no file or folder", str(tmp_path / "no"))
    assert done.out == ""


def test_a_folder_without_slices_is_refused_and_no_file_is_written(
    tiny_run: Path, tmp_path: Path, hilum: Call
) -> None:
    (tmp_path / "notes.txt").write_text("no slice")
    done = hilum("predict", tiny_run, tmp_path)
    done.refused(2, f"there is no slice in {tmp_path}.")
    (tmp_path / "notes").mkdir()
    done = hilum("predict", tiny_run, tmp_path / "notes", "--out", tmp_path / "out.csv")
    done.refused(2, f"there is no slice in {tmp_path / 'notes'}.")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["notes", "notes.txt"]


def test_what_is_no_slice_is_refused_by_name_and_the_rest_go_on(
    tiny_run: Path, workdir: Path, hilum: Call
) -> None:
    images = workdir / "phantom" / "images"
    good = sorted(images.iterdir())[:3]
    (images / "half.png").write_bytes(good[0].read_bytes()[:1500])
    (images / "empty.png").touch()
    text = workdir / "text.png"
    text.write_text("no picture at all")
    named = [*good[:2], images / "half.png", text, images / "empty.png", good[2]]
    done = hilum("predict", tiny_run, *named)
    assert done.code == 1
    assert [row["path"] for row in csv.DictReader(io.StringIO(done.out))] == list(map(str, good))
    refused = [line for line in done.err.splitlines() if line.startswith("refused: ")]
    assert all(str(name) in line for name, line in zip(named[2:5], refused, strict=True))
    assert "cut short" in refused[0]
    assert done.err.splitlines()[-1] == "3 files refused; see above."


def test_every_row_says_probabilities_that_sum_to_one_and_research_use_only(
    tiny_run: Path, phantoms: Path, tmp_path: Path, hilum: Call
) -> None:
    out = tmp_path / "p.csv"
    image = sorted((phantoms / "phantom" / "images").iterdir())[0]
    assert hilum("predict", tiny_run, image, "--out", out).code == 0
    (row,) = csv.DictReader(io.StringIO(out.read_text(encoding="utf-8")))
    sum_of = float(row["probability_cancer"]) + float(row["probability_pneumonia"])
    assert sum_of == pytest.approx(1, abs=2e-6)
    assert row["notice"] == "research use only"
    assert row["window"] == ""
    done = hilum("predict", tiny_run, image, "--format", "json")
    (element,) = json.loads(done.out)
    assert element["probability_cancer"] == float(row["probability_cancer"])


def test_a_threshold_decides_and_is_written_next_to_what_it_decided(
    tiny_run: Path, phantoms: Path, hilum: Call
) -> None:
    images = sorted((phantoms / "phantom" / "images").iterdir())[:6]
    plain = list(csv.DictReader(io.StringIO(hilum("predict", tiny_run, *images).out)))
    assert {row["threshold"] for row in plain} == {""}
    scores = sorted(float(row["probability_cancer"]) for row in plain)
    middle = (scores[2] + scores[3]) / 2
    done = hilum("predict", tiny_run, *images, "--threshold", middle)
    rows = list(csv.DictReader(io.StringIO(done.out)))
    called = [row["predicted"] for row in rows]
    expected = [float(row["probability_cancer"]) >= middle for row in plain]
    assert called == ["cancer" if above else "pneumonia" for above in expected]
    assert {float(row["threshold"]) for row in rows} == {middle}
    assert (
        f"cancer is predicted at a probability of {middle} or more, otherwise the other class."
        in done.err
    )
    named = hilum("predict", tiny_run, images[0], "--threshold", "0.5", "--format", "json")
    assert json.loads(named.out)[0]["threshold"] == 0.5


def test_calibrated_columns_are_there_where_the_run_has_a_temperature(
    run_copy: Path, phantoms: Path, hilum: Call
) -> None:
    network = json.loads((run_copy / "network.json").read_text())
    network["calibration"] = {**network["calibration"], "fitted": True, "temperature": 2.0}
    (run_copy / "network.json").write_text(json.dumps(network))
    image = sorted((phantoms / "phantom" / "images").iterdir())[0]
    done = hilum("predict", run_copy, image)
    (row,) = csv.DictReader(io.StringIO(done.out))
    odds = (float(row["probability_cancer"]) / float(row["probability_pneumonia"])) ** 0.5
    assert float(row["calibrated_cancer"]) == pytest.approx(odds / (1 + odds), abs=1e-5)
    assert "No calibrated" not in done.err


def test_a_run_that_was_never_evaluated_predicts_and_says_once_what_it_lacks(
    run_copy: Path, phantoms: Path, hilum: Call
) -> None:
    network = json.loads((run_copy / "network.json").read_text())
    unevaluated = {
        key: value for key, value in network.items() if key not in ("thresholds", "calibration")
    }
    (run_copy / "network.json").write_text(json.dumps(unevaluated))
    done = hilum("predict", run_copy, phantoms / "phantom")
    assert done.code == 0
    assert "calibrated_cancer" not in done.out
    assert done.err.count("No calibrated probabilities") == 1
    image = sorted((phantoms / "phantom" / "images").iterdir())[0]
    done = hilum("predict", run_copy, image, "--threshold", "youden")
    done.refused(2, "got 'youden'", "hilum evaluate")


def test_an_unknown_threshold_is_wrong_usage_with_the_names_there_are(
    tiny_run: Path, phantoms: Path, tmp_path: Path, hilum: Call, untouched: Call
) -> None:
    with untouched(tmp_path):
        done = hilum(
            "predict", tiny_run, phantoms, "--threshold", "best", "--out", tmp_path / "p.csv"
        )
    done.refused(2, "0 to 1", "0.5", "got 'best'")


def test_a_pair_is_the_positive_class_first_and_of_slices_alone(
    tiny_run: Path, phantoms: Path, hilum: Call
) -> None:
    given = (tiny_run, phantoms / "phantom" / "images", "--pair")
    plain, turned = (
        list(csv.DictReader(io.StringIO(hilum("predict", *given, pair).out)))
        for pair in ("cancer:pneumonia", "pneumonia:cancer")
    )
    assert [row["predicted"] for row in plain] == [row["predicted"] for row in turned]
    assert list(turned[0]).index("probability_pneumonia") + 1 == list(turned[0]).index(
        "probability_cancer"
    )
    hilum("predict", *given, "cancer:benign").refused(2, "two classes of the run", "cancer:benign")
    hilum("predict", *given, "cancer:pneumonia", "--by", "series").refused(
        2, "--pair is for slices; give --by slice"
    )


def test_a_written_file_is_replaced_only_with_force(
    tiny_run: Path, workdir: Path, hilum: Call, untouched: Call
) -> None:
    out = workdir / "p.csv"
    out.write_text("mine")
    image = sorted((workdir / "phantom" / "images").iterdir())[0]
    with untouched(workdir):
        done = hilum("predict", tiny_run, image, "--out", out)
    done.refused(2, "p.csv exists already", "--force")
    assert hilum("predict", tiny_run, image, "--out", out, "--force").code == 0
    assert out.read_text().startswith("path,frame,predicted,")


@pytest.mark.parametrize("window", ["wide", "0/40", "1400", "1400/-700/1"])
def test_a_wrong_window_is_named(window: str, tiny_run: Path, phantoms: Path, hilum: Call) -> None:
    done = hilum("predict", tiny_run, phantoms, "--window", window)
    assert done.code == 2
    assert window in done.err


def test_a_reader_that_goes_away_ends_it_quietly(
    tiny_run: Path, phantoms: Path, hilum: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as stdout:
        monkeypatch.setattr(sys, "stdout", stdout)
        done = hilum("predict", tiny_run, phantoms / "phantom")
    assert done.code == 1
    assert "hilum:" not in done.err


def test_real_dicom_of_many_kinds_goes_through(
    tiny_run: Path, real_data: Path, tmp_path: Path, hilum: Call
) -> None:
    folder = real_data / "dicom-variety"
    done = hilum("predict", tiny_run, folder, "--by", "slice", "--out", tmp_path / "p.csv")
    rows = list(csv.DictReader(io.StringIO((tmp_path / "p.csv").read_text(encoding="utf-8"))))
    assert done.code == 1
    assert "Traceback" not in done.err
    refused = [line for line in done.err.splitlines() if line.startswith("refused: ")]
    assert any("rtplan" in line for line in refused)
    of_two_frames = [row for row in rows if "SC_rgb_rle_2frame" in row["path"]]
    assert [row["frame"] for row in of_two_frames] == ["0", "1"]
    chests = {row["window"] for row in rows if "chestct_tcga" in row["path"]}
    assert chests == {"1400/-700"}


def test_a_real_series_and_real_pictures_go_through_whole(
    tiny_run: Path, real_data: Path, hilum: Call
) -> None:
    paths = [real_data / "lung-pet-ct-dx", real_data / "paper-sample"]
    done = hilum("predict", tiny_run, *paths, "--format", "json")
    assert done.code == 0, done.err
    rows = json.loads(done.out)
    dicom = [row for row in rows if row["path"].endswith(".dcm")]
    assert (len(dicom), len(rows)) == (55, 85)
    assert {row["window"] for row in dicom} == {"1400/-700"}
    assert "20 .xml" in done.err


def test_the_same_command_goes_on_after_ctrl_c(
    tiny_run: Path, phantoms: Path, tmp_path: Path, hilum: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("hilum.steps.predict.write._assemble", stop)
        done = hilum("predict", tiny_run, phantoms / "phantom", "--out", tmp_path / "p.csv")
    assert done.code == 130
    assert "Run the same command again to resume." in done.err
    done = hilum("predict", tiny_run, phantoms / "phantom", "--out", tmp_path / "p.csv")
    assert done.code == 0
    assert "Resuming: parts of 256 files that are done already: 1." in done.err
    assert [path.name for path in tmp_path.iterdir()] == ["p.csv"]


@pytest.mark.parametrize("engine", ["onnx", "torch"])
def test_engines_write_the_same_table(
    engine: str, tiny_run: Path, phantoms: Path, tmp_path: Path, hilum: Call
) -> None:
    slices = phantoms / "phantom" / "images"
    plain = list(csv.DictReader(io.StringIO(hilum("predict", tiny_run, slices).out)))
    done = hilum("predict", tiny_run, slices, "--engine", engine, "--out", tmp_path / "p.csv")
    assert done.code == 0
    rows = list(csv.DictReader((tmp_path / "p.csv").read_text().splitlines()))
    assert [float(row["probability_cancer"]) for row in rows] == pytest.approx(
        [float(row["probability_cancer"]) for row in plain], abs=1e-5
    )


def test_an_unknown_engine_is_wrong_usage(tiny_run: Path, phantoms: Path, hilum: Call) -> None:
    done = hilum("predict", tiny_run, phantoms, "--engine", "tensorflow")
    done.refused(2, "engine must be one of auto, onnx, torch, compiled; got 'tensorflow'")
    hilum("evaluate", tiny_run, "--engine", "jax").refused(2, "got 'jax'")


def test_the_verdict_on_the_run_is_on_the_screen_and_in_every_row(
    run_copy: Path, phantoms: Path, hilum: Call
) -> None:
    network = json.loads((run_copy / "network.json").read_text())
    network["verdict"] = {"level": "confounded", "sentence": "Confounded: so it is."}
    (run_copy / "network.json").write_text(json.dumps(network))
    image = sorted((phantoms / "phantom" / "images").iterdir())[0]
    done = hilum("predict", run_copy, image)
    assert done.err.splitlines()[0] == "Verdict on the run: Confounded: so it is."
    assert [row["verdict"] for row in csv.DictReader(io.StringIO(done.out))] == ["confounded"]
    done = hilum("predict", run_copy, image, "--format", "json")
    assert [row["verdict"] for row in json.loads(done.out)] == ["confounded"]


def test_notes_links_and_missing_files_are_in_the_summary(
    tiny_run: Path, workdir: Path, hilum: Call
) -> None:
    images = workdir / "phantom" / "images"
    slices = workdir / "some"
    slices.mkdir()
    first = sorted(images.iterdir())[0].read_bytes()
    for number in range(2):
        (slices / f"{number}.jpg").write_bytes(first)
    (slices / "gone.png").symlink_to(slices / "nowhere.png")
    (slices / "linked").symlink_to(images, target_is_directory=True)
    os.mkfifo(slices / "pipe")
    done = hilum("predict", tiny_run, slices)
    assert done.code == 1
    lines = done.err.splitlines()
    assert f"refused: {slices / 'gone.png'}: a symbolic link to a file that is missing." in lines
    assert "slices with notes: 2; the column notes has them all" in lines
    note = "Its name suggests JPEG, but its content is PNG; it was read as PNG."
    assert f"  2 x {note}" in lines
    assert "skipped, not slices by content: 1 not regular files" in lines
    assert any(line.startswith("symbolic links to folders, not followed: 1;") for line in lines)
    assert lines[-1] == "1 file refused; see above."
