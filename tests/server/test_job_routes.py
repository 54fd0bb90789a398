"""Series sent to a server: followed, answered, looked at, and removed."""

from __future__ import annotations

import base64
import io
import zipfile
from typing import Any

import numpy as np
import pytest
from made_dicom import chest_files, chest_hu, ct_file, png_file
from pydicom import dcmread
from serving import Answer, Served, form
from waiting import wait_until

from hilum.server.answers import JobResult, MapPicture, Pixels

MM = 5.0


def zipped(files: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return file.getvalue()


def send(served: Served, files: list[tuple[str, bytes]], query: str = "") -> dict[str, Any]:
    headers, body = form([("file", name, content) for name, content in files])
    answer = served.ask(f"/jobs{query}", method="POST", body=body, headers=headers)
    assert answer.status == 202, answer.body
    assert answer.headers["location"] == f"/jobs/{answer.json['id']}"
    return dict(answer.json)


def ask(served: Served, job: dict[str, Any], path: str = "", *, method: str = "GET") -> Answer:
    return served.ask(f"/jobs/{job['id']}{path}", method=method, headers={"Job-Key": job["key"]})


def result(served: Served, job: dict[str, Any]) -> Answer:
    wait_until(lambda: ask(served, job).json["status"] not in ("waiting", "running"), 120)
    return ask(served, job, "/result")


def remove(served: Served, job: dict[str, Any]) -> None:
    assert ask(served, job, method="DELETE").status == 204
    assert ask(served, job).kind == "not-found"
    assert served.left_on_disk() == []


def test_a_zip_of_a_series_is_answered_from_feet_to_head_by_both_runs(served: Served) -> None:
    files = {f"study/{n}.dcm": one for n, one in enumerate(chest_files())}
    job = send(served, [("study.zip", zipped(files))], "?model=run-1&model=run-2")
    content = JobResult.model_validate_json(result(served, job).body)
    assert [run.model for run in content.runs] == ["run-1", "run-2"]
    first = content.runs[0]
    assert first.verdict.level == "confounded" and first.left_out == []
    (series,) = first.series
    assert [one.position_mm for one in series.slices] == [-150, -120, -90, -60, -30, 0]
    assert [one.file for one in series.slices] == [f"study/{n}.dcm" for n in reversed(range(6))]
    scores = [one.probability for one in series.slices]
    assert series.probabilities["cancer"] == pytest.approx(np.mean(scores), abs=1e-6)  # type: ignore[arg-type]
    pixels = Pixels.model_validate_json(ask(served, job, "/series/0/slices/0").body)
    values = np.frombuffer(base64.b64decode(pixels.data), "<i2").reshape(64, 64)
    assert values[0, 0] == 6 - 1 and np.array_equal(values[1:], chest_hu()[1:])
    assert ask(served, job, "/series/0/slices/6").kind == "not-found"
    assert ask(served, job, "/series/1/slices/0").kind == "not-found"
    found = ask(served, job, "/series/0/slices/0/map?model=run-2&method=eigencam")
    assert MapPicture.model_validate_json(found.body).method == "Eigen-CAM"
    drawn = ask(served, job, "/series/0/slices/0/map.png?model=run-2&method=eigencam")
    assert drawn.headers["content-type"] == "image/png" and drawn.body.startswith(b"\x89PNG")
    assert ask(served, job, "/dicom").kind == "not-found"
    remove(served, job)


def test_dicom_objects_of_a_series_come_as_a_zip(served: Served) -> None:
    pytest.importorskip("highdicom")
    files = [(f"{n}.dcm", one) for n, one in enumerate(chest_files())]
    job = send(served, files, "?dicom=true&model=run-2")
    assert result(served, job).status == 200, result(served, job).body
    with zipfile.ZipFile(io.BytesIO(ask(served, job, "/dicom").body)) as archive:
        names = archive.namelist()
        report = dcmread(io.BytesIO(archive.read("run-2/series-0/report.dcm")))
    assert "run-2/series-0/heatmap.dcm" in names
    assert (report.Modality, report.StudyInstanceUID) == ("SR", "1.2")
    assert report.PatientID == "PATIENT-42"
    remove(served, job)


def test_files_sent_one_by_one_are_one_series_and_the_rest_is_named(served: Served) -> None:
    files = [(f"{n}.dcm", one) for n, one in enumerate(chest_files())]
    job = send(served, [*files, ("../notes.dcm", b"text " * 99)])
    content = JobResult.model_validate_json(result(served, job).body).runs[0]
    assert len(content.series[0].slices) == 6
    assert content.series[0].slices[0].file == "5.dcm"
    remove(served, job)


def test_a_job_of_another_client_is_not_found(served: Served) -> None:
    job = send(served, [("a.dcm", chest_files(1)[0])])
    other = send(served, [("b.dcm", chest_files(1)[0])])
    stolen = {"id": job["id"], "key": other["key"]}
    slices = "/series/0/slices/0"
    for path, method in (
        ("", "GET"), ("/result", "GET"), ("", "DELETE"), (slices, "GET"), (f"{slices}/map", "GET"),
    ):  # fmt: skip
        assert ask(served, stolen, path, method=method).kind == "not-found"
    assert served.ask(f"/jobs/{job['id']}").kind == "wrong-option"  # no key at all
    for one in (job, other):
        result(served, one)
        assert ask(served, one, method="DELETE").status == 204


def test_a_series_without_lungs_is_left_out_with_its_reason(served: Served) -> None:
    files = []
    for number in range(4):
        files.append(
            ct_file(
                np.full((64, 64), 40, np.int16),
                PixelSpacing=[MM, MM],
                ImagePositionPatient=[0, 0, 30 * number],
                SOPInstanceUID=f"1.2.3.{number}",
            )
        )
    job = send(served, [(f"{n}.dcm", one) for n, one in enumerate(files)])
    content = JobResult.model_validate_json(result(served, job).body).runs[0]
    assert content.series == []
    assert len(content.left_out) >= 1 and content.left_out[0].reason.endswith(".")
    remove(served, job)


def test_a_zip_that_leads_out_of_its_folder_is_refused(served: Served) -> None:
    names = ["../../evil.dcm", "/etc/evil.dcm", "C:\\evil.dcm"]
    job = send(served, [("x.zip", zipped(dict.fromkeys(names, chest_files(1)[0])))])
    assert "leads out of the folder" in result(served, job).body.decode()
    remove(served, job)


def test_a_zip_of_100_000_files_is_refused(served: Served) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a.dcm", b"")
        archive.filelist *= 100_000  # its index names the same file again and again
    job = send(served, [("x.zip", file.getvalue())])
    assert (
        result(served, job)
        .json["detail"]
        .startswith("A zip may hold at most 2,000 files here, and this one holds 100,000")
    )
    remove(served, job)


def test_a_zip_bomb_and_a_damaged_zip_are_refused(served: Served) -> None:
    bomb = zipped({"bomb.dcm": bytes(300 * 2**20)})
    forged = bomb.replace((300 * 2**20).to_bytes(4, "little"), (1000).to_bytes(4, "little"))
    huge = bomb.replace((300 * 2**20).to_bytes(4, "little"), (2**32 - 2).to_bytes(4, "little"))
    for content in (bomb, forged, huge, bomb[: len(bomb) // 2], b"PK\5\6" + bytes(18)):
        job = send(served, [("x.zip", content)])
        answer = result(served, job)
        assert answer.status in (200, 422)
        if answer.status == 200:
            assert JobResult.model_validate_json(answer.body).runs[0].series == []
        remove(served, job)


def test_a_dicomdir_that_points_elsewhere_is_not_followed(served: Served) -> None:
    index = ct_file(ReferencedFileID=("CS", ["__", "__", "ETC", "PASSWD"]))
    index = index.replace(b"__\\__\\ETC", b"..\\..\\ETC")
    job = send(served, [("x.zip", zipped({"DICOMDIR": index}))])
    answer = result(served, job)
    assert b"root:" not in answer.body
    remove(served, job)


def test_jobs_that_can_not_be_are_refused(served: Served) -> None:
    headers, body = form([("file", "a.png", png_file())])
    for query, kind in (("?model=run-9", "not-found"), ("?size=3", "wrong-option")):
        answer = served.ask(f"/jobs{query}", method="POST", body=body, headers=headers)
        assert answer.kind == kind
    job = send(served, [("a.png", png_file())])
    refused = result(served, job)
    assert b"no series" in refused.body or b"no DICOM" in refused.body
    remove(served, job)
    job = send(served, [("a.dcm", chest_files(1)[0])], "?window=wide")
    assert result(served, job).kind == "wrong-option"
    remove(served, job)
